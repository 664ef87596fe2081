// Offers the browser's own time zone when another one is chosen.
const select = document.querySelector("#id_time_zone");
const button = document.querySelector("#browser-zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isKnown = [...select.options].some((option) => option.value === here);

function show() {
  button.hidden = !isKnown || select.value === here;
}

button.textContent = button.dataset.label.replace("%s", here.replaceAll("_", " "));
button.addEventListener("click", () => {
  select.value = here;
  select.focus();
  show();
});
select.addEventListener("change", show);
show();
