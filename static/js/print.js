// The print button.
document.querySelector("#print").addEventListener("click", () => print());
