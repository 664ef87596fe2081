// The choice of a model: a list that opens from its name.
export function picker() {
  const box = document.querySelector("#model");
  const shown = document.querySelector("#model-chosen");
  const chosen = () => box.querySelector("input:checked")?.value ?? null;

  function close() {
    box.open = false;
    box.querySelector("summary").focus();
  }

  box.addEventListener("change", () => {
    shown.textContent = chosen();
  });
  // Arrows try models out; a click, or Enter, has chosen.
  box.addEventListener("click", (event) => {
    if (event.target.matches("input") && event.detail) close();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target.matches("input"))) return;
    if (!box.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  box.addEventListener("toggle", () => {
    if (box.open) box.querySelector("input:checked")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (box.open && !box.contains(event.target)) box.open = false;
  });
  return { chosen };
}
