// Shows a diagram in place of its source, and back. As an image: there no SVG runs or loads anything.
export async function toggleDiagram(button) {
  const block = button.closest(".code-block");
  const source = block.querySelector("pre");
  const shown = block.querySelector(".diagram") ?? (await draw(button, block, source));
  if (!shown) return;
  const isShown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isShown));
  shown.hidden = !isShown;
  source.hidden = isShown && shown.matches("img");
}

async function draw(button, block, source) {
  button.disabled = true;
  const body = new FormData();
  body.set("source", source.innerText);
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const answer = await fetch("/chat/diagrams", { method: "POST", body }).catch(() => null);
  const { svg, error } = answer ? await answer.json() : { error: document.querySelector("#chat").dataset.lost };
  button.disabled = false;
  const shown = document.createElement(svg ? "img" : "p");
  shown.className = svg ? "diagram" : "diagram box error";
  if (svg) Object.assign(shown, { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: source.innerText });
  else shown.textContent = error;
  block.querySelector(".code-head").after(shown);
  return shown;
}
