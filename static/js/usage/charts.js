// Charts are read point by point: with the pointer, by touch, or with the arrow keys. The values are those of
// the chart's own table.
const EDGE = 0.5;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function pointsOf(chart) {
  const heads = [...chart.querySelectorAll("thead th")].slice(1);
  return [...chart.querySelectorAll("tbody tr")].map((row) => ({
    when: row.cells[0].textContent,
    values: heads.map((head, at) => ({ name: head.textContent, tone: head.dataset.tone, value: row.cells[at + 1].textContent })),
  }));
}

function words({ when, values }) {
  return `${when}: ${values.map(({ name, value }) => (values.length > 1 ? `${name} ${value}` : value)).join(", ")}`;
}

function filled(tip, { when, values }) {
  const lines = values.map(({ name, tone, value }) => {
    const line = element("span", "");
    const mark = element("i", "");
    mark.dataset.tone = tone;
    const label = element("span", "");
    label.append(mark, name);
    line.append(label, element("b", "", value));
    return line;
  });
  tip.replaceChildren(element("strong", "", when), ...lines);
}

function reader(chart) {
  const points = pointsOf(chart);
  const plot = chart.querySelector(".chart-plot");
  if (!points.length) return;
  const slider = element("input", "chart-reader");
  Object.assign(slider, { type: "range", min: 0, max: points.length - 1, step: 1, id: `${chart.id}-reader` });
  slider.value = points.length - 1;
  slider.setAttribute("aria-label", chart.querySelector("h3").textContent);
  const cursor = element("div", "chart-cursor");
  const tip = element("div", "chart-tip");
  tip.setAttribute("aria-hidden", "true");

  const say = () => slider.setAttribute("aria-valuetext", words(points[slider.value]));
  const hide = () => [cursor, tip].forEach((part) => part.remove());
  const show = () => {
    say();
    const share = (Number(slider.value) + 0.5) / points.length;
    filled(tip, points[slider.value]);
    cursor.style.left = `${share * 100}%`;
    plot.append(cursor, tip);
    const isLeft = share < EDGE;
    tip.style.left = isLeft ? `${share * 100}%` : "auto";
    tip.style.right = isLeft ? "auto" : `${(1 - share) * 100}%`;
  };
  const point = (event) => {
    const { left, width } = plot.getBoundingClientRect();
    const place = Math.floor(((event.clientX - left) / width) * points.length);
    slider.value = Math.min(points.length - 1, Math.max(0, place));
    show();
  };

  slider.addEventListener("input", show);
  slider.addEventListener("focus", () => slider.matches(":focus-visible") && show());
  slider.addEventListener("blur", hide);
  slider.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // Its own idea of where the pointer is leaves half a thumb at both ends.
  slider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    point(event);
  });
  slider.addEventListener("pointermove", point);
  slider.addEventListener("pointerleave", () => slider.matches(":focus-visible") || hide());
  say();
  plot.append(slider);
}

export function readable(root) {
  for (const chart of root.querySelectorAll("[data-chart]")) reader(chart);
}
