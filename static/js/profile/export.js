// Shows how far the export is, until it is there.
const place = document.querySelector("#export");
const EVERY = 1000;

async function look() {
  if (!place.querySelector("[data-under-way]")) return;
  const response = await fetch("?part").catch(() => null);
  if (response?.ok) place.innerHTML = await response.text();
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
