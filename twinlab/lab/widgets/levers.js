// A lever: a box for every number of its range and a slider from stop to stop, both with its name.
function render({ model, el }) {
  const make = (tag, looks) => Object.assign(document.createElement(tag), looks);
  const stops = model.get("stops");
  const row = make("div", { className: "twinlab-lever" });
  row.dataset.lmSuppressShortcuts = "true"; // arrow keys move the lever, not the notebook
  const label = make("label");
  const ends = { min: stops[0], max: stops.at(-1), step: model.get("step") };
  const box = make("input", { type: "number", autocomplete: "off", ...ends });
  const slider = make("input", { type: "range", min: 0, max: stops.length - 1, step: 1 });
  label.append(make("span", { textContent: model.get("label") }), box);
  slider.ariaLabel = model.get("label");
  row.append(label, slider);
  el.append(row);

  const show = () => {
    const value = model.get("value");
    const far = stops.map((stop) => Math.abs(stop - value));
    slider.value = far.indexOf(Math.min(...far));
    slider.ariaValueText = `${value}`; // its own number is only that of the stop
    box.value = value;
  };
  const tell = (value) => {
    model.set("value", value);
    model.save_changes();
    show();
  };
  slider.oninput = () => tell(stops[slider.valueAsNumber]);
  // JupyterLab keeps arrow keys from a slider, so it takes them itself.
  const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 };
  slider.onkeydown = (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    tell(stops[Math.min(Math.max(slider.valueAsNumber + keys[event.key], 0), stops.length - 1)]);
  };
  box.onchange = () => {
    const typed = box.valueAsNumber; // not a number if the box is empty: then nothing moves
    tell(Number.isNaN(typed) ? model.get("value") : Math.min(Math.max(typed, stops[0]), stops.at(-1)));
  };
  box.onkeydown = ({ key }) => key === "Enter" && box.onchange(); // JupyterLab keeps it from the box
  show();
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
