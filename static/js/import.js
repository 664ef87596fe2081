// Uploads the file with a progress bar, and puts the report where it belongs.
const form = document.querySelector("#import");
const progress = document.querySelector("#import-progress");
const bar = document.querySelector("#import-bar");
const label = progress.querySelector("label");
const report = document.querySelector("#import-report");
const uploading = label.textContent;

function begin() {
  form.querySelector(".button").disabled = true;
  label.textContent = uploading;
  bar.value = 0;
  progress.hidden = false;
  report.replaceChildren();
}

function end(show) {
  form.querySelector(".button").disabled = false;
  progress.hidden = true;
  show();
}

function fail() {
  const box = document.createElement("div");
  box.className = "box error import-result";
  box.textContent = report.dataset.failed;
  report.replaceChildren(box);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value"); // how long reading takes nobody knows
    label.textContent = label.dataset.reading;
  });
  request.addEventListener("load", () => {
    const isReport = request.responseText.includes("import-result");
    end(() => (isReport ? (report.innerHTML = request.responseText) : fail()));
  });
  request.addEventListener("error", () => end(fail));
  const address = new URL(location.href);
  address.searchParams.set("part", "");
  request.open("POST", address);
  request.send(new FormData(form));
  begin();
});
