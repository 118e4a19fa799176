// Shows at once what the next page would: how many notices are unread, and each new one. Every page works without.

const SIGNED_OUT = 4401; // what the server closes with; the next page says the same
const TOO_MANY = 4429; // newer pages of the same person have all the places: coming back would take one from them
const LONGEST_PAUSE = 60_000, SHOWN_FOR = 10_000, STAYS_FOR = 2_000; // milliseconds
const MOST_AT_ONCE = 3;

const bell = document.querySelector("[data-live]");
const notices = document.querySelector("[data-notices]");
let pause = 1_000;

function count(unread) {
  if (unread === null) return; // nobody can tell at the moment
  for (const badge of bell.querySelectorAll("[data-unread], [data-unread-label]")) badge.hidden = unread === 0;
  bell.querySelector("[data-unread]").textContent = unread > 99 ? "99+" : unread;
}

function show({ title, text, path }) {
  const notice = document.createElement("a");
  notice.href = path || bell.href;
  for (const [kind, words] of [["strong", title], ["span", text]]) {
    notice.append(Object.assign(document.createElement(kind), { textContent: words }));
  }
  notices.append(notice);
  if (notices.children.length > MOST_AT_ONCE) notices.firstElementChild.remove();
  const leave = () => (notice.matches(":hover, :focus") ? setTimeout(leave, STAYS_FOR) : notice.remove());
  setTimeout(leave, SHOWN_FOR);
}

function listen() {
  const socket = new WebSocket(new URL(bell.dataset.live, location.href.replace(/^http/, "ws")));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    pause = 1_000;
    count(message.unread);
    if (message.type === "notification") show(message.notification);
  };
  socket.onclose = ({ code }) => {
    if (code === SIGNED_OUT || code === TOO_MANY) return;
    setTimeout(listen, pause * (0.5 + Math.random())); // not all pages at the same moment
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
}

if (bell && notices) listen();
