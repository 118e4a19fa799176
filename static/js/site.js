// Niceties only: every page and every form works without this file.
"use strict";

// A second click on a form that is already on its way sends nothing. (The server would answer it with the same receipt.)
addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// Back brings a page as it was left: let its forms be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

// A refused form: begin at what has to be corrected.
document.getElementById("errores")?.focus();

// Menus close with Escape and with a click elsewhere.
const close = (menu) => { menu.open = false; };
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) close(menu);
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    close(menu);
    menu.querySelector("summary").focus();
  }
});
