// Loaded before the page is drawn, so that a chosen theme never flashes. A person who is signed in has
// theirs from the server; other pages follow what was last chosen in this browser. (The
// admin has a "theme" of its own.)
(() => {
  const root = document.documentElement;
  const theme = localStorage.getItem("portal-theme");
  if (!root.dataset.theme && theme) root.dataset.theme = theme;
})();
