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
  const across = (v) => box[0] + ((v - x0) / (x1 - x0)) * (box[2] - box[0]);
  const up = (v) => box[3] + ((v - y0) / (y1 - y0)) * (box[1] - box[3]);
  const found = new Map();
  for (const [which, { x, y, told, at }] of series.entries())
    x.forEach((v, k) => {
      const key = along === "xy" ? `${v} ${y[k]} ${at[k]}` : v;
      const left = along === "y" ? null : across(v);
      const top = along === "x" ? null : up(along === "y" ? v : y[k]);
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
  const ariaLabel = "picture; arrow keys read its numbers";
  const looks = { className: "stage", tabIndex: 0, role: "group", ariaLabel };
  const stage = make("div", looks, image, cursor, tip, wait);
  const more = make("details", {}, cell("summary", "numbers"), make("div"));
  const box = make("div", { className: "twinlab-picture" }, stage, more);
  box.dataset.lmSuppressShortcuts = "true"; // keys are no commands here
  el.append(box);
  let [chosen, at] = [0, -1];
  const panels = () => model.get("data").panels ?? [];
  const scale = () => stage.clientWidth / model.get("data").size[0];

  function tell() {
    const panel = panels()[chosen];
    const found = at < 0 || !panel ? [] : places(panel);
    at = Math.min(at, found.length - 1);
    cursor.hidden = at < 0;
    tip.textContent = "";
    if (at < 0) return;
    const { v, left, top, name, told } = found[at];
    const [x0, y0, x1, y1] = panel.box;
    const [x, thin] = [left ?? x0, left === null || top === null ? 1 : 9];
    const [width, height] = [left === null ? x1 - x0 : thin, top === null ? y1 - y0 : thin];
    const lines = [`${panel.place} ${name}`];
    panel.series.forEach((s, i) => told[i] != null && lines.push(`${s.name}: ${number(told[i])}`));
    for (const [what, from, to] of panel.spans) if (from <= v && v < to) lines.push(what);
    tip.textContent = lines.join("\n");
    const wide = tip.offsetWidth / scale();
    const room = left === null ? x1 - wide : x < (x0 + x1) / 2 ? x + 12 : x - 12 - wide;
    const put = (what, sides) => {
      for (const side in sides) what.style[side] = `${sides[side] * scale()}px`;
    };
    put(cursor, { left: x, top: top ?? y0, width, height });
    put(tip, { left: Math.max(0, room), top: y0 });
  }
  const leave = () => tell((at = -1));
  const point = (event) => {
    const seen = image.getBoundingClientRect();
    const [x, y] = [(event.clientX - seen.left) / scale(), (event.clientY - seen.top) / scale()];
    chosen = panels().findIndex(({ box: b }) => b[0] <= x && x <= b[2] && b[1] <= y && y <= b[3]);
    const far = ({ left, top }) => Math.hypot((left ?? x) - x, (top ?? y) - y);
    const all = chosen < 0 ? [] : places(panels()[chosen]).map(far);
    tell((at = all.indexOf(Math.min(...all))));
  };
  const press = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[event.key] ?? 0;
    const other = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (event.key === "Escape") leave();
    if (!step && !other) return;
    event.preventDefault();
    chosen = (Math.max(0, chosen) + other + panels().length) % panels().length;
    tell((at = Math.max(0, at + step)));
  };
  const fill = () => more.open && more.lastChild.replaceChildren(model.get("alt"), ...panels().map(table));
  const acts = { onpointermove: point, onpointerleave: leave, onblur: leave, onkeydown: press };
  Object.assign(stage, acts);
  more.ontoggle = fill;
  const draw = () => {
    if (!model.get("count")) return;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    image.alt = model.get("alt");
    stage.style.width = `${model.get("data").size[0]}px`;
    box.dataset.count = model.get("count");
    fill(tell());
  };
  const pale = () => {
    box.classList.toggle("busy", model.get("busy") || model.get("old"));
    wait.textContent = model.get("busy") ? "working …" : ""; // seen, and heard, after a moment
  };
  const theme = () => {
    if (model.get("dark") !== isDark()) model.set("dark", isDark());
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
