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

function currentTheme() {
  return document.documentElement.dataset.theme || "system";
}

// For the pages before signing in: on the others the server knows.
function rememberTheme() {
  localStorage.setItem("portal-theme", currentTheme());
}

function showTheme(button) {
  button.querySelector("span").textContent = button.dataset[currentTheme()];
}

function nextTheme(button) {
  const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length];
  document.documentElement.dataset.theme = next;
  rememberTheme();
  showTheme(button);
  const body = new FormData(menu.querySelector("form")); // its CSRF token
  body.set("theme", next);
  fetch(button.dataset.url, { method: "POST", body });
}

setSidebar(isPhone.matches ? "closed" : localStorage.getItem("sidebar") ?? "open");
for (const button of document.querySelectorAll("[data-sidebar-toggle]")) {
  button.addEventListener("click", toggleSidebar);
}
const themeButton = document.querySelector("#theme-toggle");
if (themeButton) {
  rememberTheme();
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
