// Copy buttons: [data-copy] names an element's id, .copy-code copies the code block it stands in.
function source(button) {
  if (button.dataset.copy) return document.getElementById(button.dataset.copy);
  if (button.matches(".copy-code")) return button.closest(".code-block").querySelector("pre");
  return button.closest(".turn").querySelector("copyQuestion" in button.dataset ? ".question" : ".answer");
}

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // A portal on plain http in a local network has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], .copy-code, [data-copy-answer], [data-copy-question]");
  if (!button) return;
  await write(source(button).innerText.trimEnd());
  const before = button.innerHTML;
  if (button.dataset.copied) return;
  button.dataset.copied = "true";
  button.textContent = "✓";
  setTimeout(() => {
    button.innerHTML = before;
    delete button.dataset.copied;
  }, 1200);
});
