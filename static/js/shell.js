// The frame around every page: sidebar, account menu, theme.
const shell = document.querySelector(".shell");
const isPhone = matchMedia("(max-width: 767px)");
const menu = document.querySelector(".account");

function setSidebar(state) {
  shell.dataset.sidebar = state;
  for (const button of document.querySelectorAll("[data-sidebar-toggle][aria-expanded]")) {
    button.setAttribute("aria-expanded", String(state === "open"));
  }
  if (!isPhone.matches) localStorage.setItem("sidebar", state);
}

function isOpen() {
  return isPhone.matches ? shell.dataset.sidebar === "open" : shell.dataset.sidebar !== "closed";
}

function toggleSidebar() {
  setSidebar(isOpen() ? "closed" : "open");
  if (isOpen()) document.querySelector("#sidebar [data-sidebar-toggle]")?.focus();
}

const THEMES = ["system", "light", "dark"];

function showTheme(button) {
  const theme = localStorage.getItem("theme") ?? "system";
  button.querySelector("span").textContent = button.dataset[theme];
}

function nextTheme(button) {
  const current = localStorage.getItem("theme") ?? "system";
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length];
  if (next === "system") localStorage.removeItem("theme");
  else localStorage.setItem("theme", next);
  document.documentElement.dataset.theme = next;
  showTheme(button);
}

shell.dataset.sidebar = isPhone.matches ? "closed" : localStorage.getItem("sidebar") ?? "open";
for (const button of document.querySelectorAll("[data-sidebar-toggle]")) {
  button.addEventListener("click", toggleSidebar);
}
const themeButton = document.querySelector("#theme-toggle");
if (themeButton) {
  showTheme(themeButton);
  themeButton.addEventListener("click", () => nextTheme(themeButton));
}
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (isPhone.matches && isOpen()) setSidebar("closed");
});
