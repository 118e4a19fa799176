// A passkey that was not given, or is not known here, is said on the page and not in the console.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault()
  for (const place of document.querySelectorAll("[data-passkey-failed]")) place.hidden = false
})
