// A note's number leads to the note. Notes have no ids: many answers share the page.
document.addEventListener("click", (event) => {
  const number = event.target.closest(".note-number");
  const note = number?.closest(".prose").querySelectorAll(".footnotes > ol > li")[number.textContent - 1];
  if (!note) return;
  note.tabIndex = -1;
  note.focus();
});
