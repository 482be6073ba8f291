// Shows a picture; pointer and arrow keys read its numbers out, a button opens them as a table.
const number = (v) =>
  v == null ? "–" : Math.abs(v) < 999.5 ? `${+v.toPrecision(4)}` : Math.round(v).toLocaleString("en");
const make = (tag, more, ...inside) => {
  const made = Object.assign(document.createElement(tag), more);
  return made.append(...inside), made;
};
const cell = (tag, textContent) => make(tag, { textContent });
// JupyterLab says on the page's body which theme it has; elsewhere the system does.
const isDark = () =>
  ({ true: false, false: true })[document.body.dataset.jpThemeLight] ??
  matchMedia("(prefers-color-scheme: dark)").matches;

// A panel's places in order: where they lie (on one axis: null), their names, each series' value.
function places({ box, x: [x0, x1], y: [y0, y1], along, series }) {
  const found = new Map();
  for (const [which, { x, y, told, at }] of series.entries())
    x.forEach((v, k) => {
      const key = along === "xy" ? `${v} ${y[k]} ${at[k]}` : v;
      const up = along === "y" ? v : y[k];
      const left = along === "y" ? null : box[0] + ((v - x0) / (x1 - x0)) * (box[2] - box[0]);
      const top = along === "x" ? null : box[3] + ((up - y0) / (y1 - y0)) * (box[1] - box[3]);
      const place = found.get(key) ?? { v, left, top, name: at[k] || number(v), told: [] };
      place.told[which] = told[k];
      found.set(key, place);
    });
  return [...found.values()].sort((a, b) => a.v - b.v);
}

function table(panel) {
  const row = (head, tag, texts) => make("tr", {}, cell("th", head), ...texts.map((t) => cell(tag, t)));
  const told = (stop) => row(stop.name, "td", panel.series.map((_, i) => number(stop.told[i])));
  const heads = row(panel.place, "th", panel.series.map((s) => s.name));
  return make("table", {}, cell("caption", panel.title), heads, ...places(panel).map(told));
}

function render({ model, el }) {
  const [image, cursor] = [make("img"), make("div", { className: "cursor", hidden: true })];
  const [tip, wait] = ["tip", "wait"].map((className) => make("div", { className, role: "status" }));
  const looks = { className: "stage", tabIndex: 0, role: "group" };
  const stage = make("div", { ...looks, ariaLabel: "picture; arrow keys read its numbers" });
  stage.append(image, cursor, tip, wait);
  const more = make("details", {}, cell("summary", "numbers"), make("div"));
  const box = make("div", { className: "twinlab-picture" }, stage, more);
  box.dataset.lmSuppressShortcuts = "true"; // keys are no commands here
  el.append(box);
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
    const [x0, y0, x1, y1] = panel.box;
    const [x, thin] = [left ?? x0, left === null || top === null ? 1 : 9];
    const [width, height] = [left === null ? x1 - x0 : thin, top === null ? y1 - y0 : thin];
    const lines = panel.series.map((s, i) => (told[i] == null ? "" : `${s.name}: ${number(told[i])}`));
    const spans = panel.spans.map(([what, from, to]) => (from <= v && v < to ? what : ""));
    tip.textContent = [`${panel.place} ${name}`, ...lines, ...new Set(spans)].filter(Boolean).join("\n");
    const wide = tip.offsetWidth / scale();
    const room = left === null ? x1 - wide : x < (x0 + x1) / 2 ? x + 12 : x - 12 - wide;
    const put = (what, sides) => {
      for (const side in sides) what.style[side] = `${sides[side] * scale()}px`;
    };
    put(cursor, { left: x, top: top ?? y0, width, height });
    put(tip, { left: Math.max(0, room), top: y0 });
  }
  stage.onpointerleave = stage.onblur = () => tell(-1);
  stage.onpointermove = (event) => {
    const seen = image.getBoundingClientRect();
    const [x, y] = [(event.clientX - seen.left) / scale(), (event.clientY - seen.top) / scale()];
    chosen = panels.findIndex(({ box: b }) => b[0] <= x && x <= b[2] && b[1] <= y && y <= b[3]);
    const far = ({ left, top }) => Math.hypot((left ?? x) - x, (top ?? y) - y);
    const all = chosen < 0 ? [] : places(panels[chosen]).map(far);
    tell(all.indexOf(Math.min(...all)));
  };
  stage.onkeydown = (event) => {
    const keys = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, ArrowDown: 0, ArrowUp: 0 };
    if (event.key === "Escape") tell(-1);
    if (!(event.key in keys)) return;
    event.preventDefault();
    const other = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    chosen = (Math.max(0, chosen) + other + panels.length) % panels.length;
    tell(Math.max(0, at + keys[event.key]));
  };
  const fill = () => more.open && more.lastChild.replaceChildren(model.get("alt"), ...panels.map(table));
  more.ontoggle = fill;

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
  const theme = () => {
    model.set("dark", isDark());
    model.save_changes();
  };
  const watch = new MutationObserver(theme);
  watch.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  const heard = { "change:count": draw, "change:busy": pale, "change:old": pale };
  for (const name in heard) model.on(name, heard[name]);
  for (const begin of [draw, pale, theme]) begin();
  return () => {
    watch.disconnect();
    for (const name in heard) model.off(name, heard[name]);
  };
}

export default { render };
