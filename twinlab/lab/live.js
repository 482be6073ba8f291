// Follows theme.js. Shows a picture; pointer and arrow keys read its numbers out, a button opens them as a table.
const number = (v) =>
  v == null ? "–" : Math.abs(v) < 999.5 ? `${+v.toPrecision(4)}` : Math.round(v).toLocaleString("en");
const make = (tag, className, ...inside) => {
  const made = Object.assign(document.createElement(tag), { className });
  return made.append(...inside), made;
};

// A panel's places in order: where they lie (on one axis: null), their names, each series' value.
function places({ box, x: [x0, x1], y: [y0, y1], along, series }) {
  const found = new Map();
  for (const [which, { x, y, told, at }] of series.entries())
    x.forEach((v, k) => {
      const key = along === "xy" ? `${v} ${y[k]} ${at[k]}` : v;
      const left = along === "y" ? null : box[0] + ((v - x0) / (x1 - x0)) * (box[2] - box[0]);
      const top = along === "x" ? null : box[3] + (((y[k] ?? v) - y0) / (y1 - y0)) * (box[1] - box[3]);
      const place = found.get(key) ?? { v, left, top, name: at[k] || number(v), told: [] };
      place.told[which] = told[k];
      found.set(key, place);
    });
  return [...found.values()].sort((a, b) => a.v - b.v);
}

function table(panel) {
  const row = (tag, head, cells) => make("tr", "", make("th", "", head), ...cells.map((c) => make(tag, "", c)));
  const told = (stop) => row("td", stop.name, panel.series.map((_, i) => number(stop.told[i])));
  const heads = row("th", panel.place, panel.series.map((s) => s.name));
  return make("table", "", make("caption", "", panel.title), heads, ...places(panel).map(told));
}

function render({ model, el }) {
  const [image, cursor, tip, wait] = [make("img"), ...["cursor", "tip", "wait"].map((n) => make("div", n))];
  const stage = make("div", "stage", image, cursor, tip, wait);
  const more = make("details", "", make("summary", "", "numbers"), make("div"));
  const box = make("div", "twinlab-picture", stage, more);
  tip.role = wait.role = "status";
  Object.assign(stage, { tabIndex: 0, role: "group", ariaLabel: "picture; arrow keys read its numbers" });
  box.dataset.lmSuppressShortcuts = "true"; // keys are no commands here
  let [chosen, at, size, panels] = [0, -1, [1, 1], []];
  const scale = () => stage.clientWidth / size[0];

  function tell(index) {
    const panel = panels[chosen];
    const found = index < 0 || !panel ? [] : places(panel);
    at = Math.min(index, found.length - 1);
    cursor.hidden = at < 0;
    tip.textContent = "";
    if (at < 0) return;
    const { v, left, top, name, told } = found[at];
    const lines = panel.series.map((s, i) => (told[i] == null ? "" : `${s.name}: ${number(told[i])}`));
    const spans = panel.spans.map(([what, from, to]) => (from <= v && v < to ? what : ""));
    tip.textContent = [`${panel.place} ${name}`.trim(), ...lines, ...new Set(spans)].filter(Boolean).join("\n");
    const [x0, y0, x1, y1] = panel.box;
    const sides = [top ?? y0, size[0] - (left ?? x1), size[1] - (top ?? y1), left ?? x0];
    cursor.style.inset = sides.map((side) => `${side * scale()}px`).join(" ");
    cursor.classList.toggle("dot", panel.along === "xy");
    const right = (left ?? x1) > (x0 + x1) / 2; // the words stand where there is more room
    tip.style.inset = `${y0 * scale()}px auto auto ${((left ?? x1) + (right ? -12 : 12)) * scale()}px`;
    tip.style.translate = right ? "-100%" : "";
  }
  stage.onpointerleave = stage.onblur = () => tell(-1);
  stage.onpointermove = (event) => {
    const seen = image.getBoundingClientRect();
    const [x, y] = [(event.clientX - seen.left) / scale(), (event.clientY - seen.top) / scale()];
    chosen = panels.findIndex(({ box: b }) => b[0] <= x && x <= b[2] && b[1] <= y && y <= b[3]);
    const all = chosen < 0 ? [] : places(panels[chosen]);
    const far = all.map(({ left, top }) => Math.hypot((left ?? x) - x, (top ?? y) - y));
    tell(far.indexOf(Math.min(...far)));
  };
  stage.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[event.key];
    const other = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!(step ?? other)) return event.key === "Escape" && tell(-1);
    event.preventDefault();
    chosen = (Math.max(0, chosen) + (other ?? 0) + panels.length) % panels.length;
    tell(Math.max(0, at + (step ?? 0)));
  };
  const fill = () => more.open && more.lastChild.replaceChildren(model.get("alt"), ...panels.map(table));
  more.ontoggle = fill;

  // The player of days has signs on its buttons, and no names.
  const named = () =>
    document.querySelectorAll(".widget-play").forEach((bar) =>
      [...bar.querySelectorAll("button")].forEach((b, k) => (b.ariaLabel = ["play or pause", "stop", "repeat"][k])),
    );

  const draw = () => {
    if (!model.get("count")) return;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    image.alt = model.get("alt");
    ({ size, panels } = JSON.parse(model.get("data")));
    stage.style.width = `${size[0]}px`;
    box.dataset.count = model.get("count");
    tell(at);
    fill();
  };
  const pale = () => {
    box.classList.toggle("busy", model.get("busy") || model.get("old"));
    wait.textContent = model.get("busy") ? "working …" : "";
  };
  const heard = [["change:count", draw], ["change:busy", pale], ["change:old", pale]];
  heard.forEach(([name, act]) => model.on(name, act));
  [draw, pale].forEach((act) => act());
  el.append(box);
  const unfollow = followTheme(el, (dark) => {
    box.classList.toggle("dark", dark);
    model.set("dark", dark);
    model.save_changes();
  });
  new ResizeObserver(named).observe(box); // only now the buttons are on the page
  return () => [unfollow(), heard.forEach(([name, act]) => model.off(name, act))];
}

export default { render };
