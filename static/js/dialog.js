// [data-dialog] opens the dialog it names; [data-confirm] asks before its form is sent.
for (const opener of document.querySelectorAll("[data-dialog]")) {
  const dialog = document.getElementById(opener.dataset.dialog);
  opener.addEventListener("click", () => {
    dialog.showModal();
    dialog.querySelector("input:not([type=hidden])")?.focus();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  // The browser gives the focus back to whom it took it from, at once. This event comes later.
  dialog.addEventListener("close", () => document.activeElement === document.body && opener.focus());
  if ("open" in dialog.dataset) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !confirm(button.dataset.confirm)) event.preventDefault();
});
