// With JavaScript choosing a picture is enough: the file field hides behind its button.
const form = document.querySelector("#picture-form");
const file = form.querySelector("[type=file]");
const button = form.querySelector("button");

file.hidden = true;
button.type = "button";
button.addEventListener("click", () => file.click());
file.addEventListener("change", () => file.files.length && form.submit());
