// Follows theme.js and vis-network (bundled with pyvis), which has put its classes into globalThis.vis.
const { DataSet, Network } = globalThis.vis;

const options = {
  physics: { enabled: false },
  layout: { improvedLayout: false },
  // The wheel belongs to the page; buttons zoom.
  interaction: { zoomView: false, dragNodes: false, hover: true },
  nodes: { font: { face: "sans-serif" }, borderWidth: 3 },
  edges: {
    smooth: { type: "cubicBezier", forceDirection: "horizontal", roundness: 0.5 },
    arrows: { to: { enabled: true, scaleFactor: 0.6 } },
  },
};

const make = (tag, className, looks = {}) => Object.assign(document.createElement(tag), { className }, looks);
const button = (words, title, onclick) => make("button", "", { textContent: words, title, ariaLabel: title, onclick });

function render({ model, el }) {
  const [frame, key, stage, bar] = ["twinlab-network", "key", "stage", "bar"].map((n) => make("div", n));
  stage.style.height = `${model.get("height")}px`;
  stage.role = "img";
  frame.append(key, stage, bar);
  el.append(frame);

  const nodes = new DataSet();
  const edges = new DataSet();
  const picture = new Network(stage, { nodes, edges }, options);
  const fit = () => picture.fit({ animation: false });
  const zoom = (factor) => picture.moveTo({ scale: picture.getScale() * factor });
  bar.append(
    button("+", "Zoom in", () => zoom(1.25)),
    button("−", "Zoom out", () => zoom(0.8)),
    button("fit", "Show the whole network", fit),
  );

  // Colours come by day; those of the night stand beside them.
  const night = model.get("night");
  let dark = false;
  const tint = (look) =>
    Array.isArray(look)
      ? look.map(tint)
      : look && typeof look === "object"
        ? Object.fromEntries(Object.entries(look).map(([name, part]) => [name, tint(part)]))
        : (dark && night[look]) || look;
  const word = ([words, borderColor, background, color]) => {
    const said = make("span", "", { textContent: words });
    if (!color) return said;
    const [sign, ...rest] = words.split(" ");
    const box = make("i", "", { textContent: sign });
    Object.assign(box.style, tint({ borderColor, background, color }));
    said.replaceChildren(box, ` ${rest.join(" ")}`);
    return said;
  };
  const recolour = () => {
    const [color, strokeColor] = tint(["#222222", "#FFFFFF"]);
    picture.setOptions({ nodes: { font: { color } }, edges: { font: { color, strokeColor } } });
    nodes.update(tint(model.get("nodes")));
    edges.update(tint(model.get("edges")));
    key.replaceChildren(...model.get("key").map(word));
  };
  const say = () => (stage.ariaLabel = model.get("alt"));
  say();
  model.on("change:alt", say);
  model.on("change:nodes", recolour);
  const unfollow = followTheme(el, (is) => {
    frame.classList.toggle("dark", (dark = is));
    recolour();
  });
  // The stage has no width when it is drawn first, and a change of the page's theme changes it for a
  // moment: vis-network then clears its canvas, and would wait for somebody to draw on it.
  const watch = new ResizeObserver(() => {
    picture.redraw(); // takes the stage's new size, which the fit needs
    fit();
  });
  watch.observe(stage);
  return () => {
    watch.disconnect();
    unfollow();
    model.off("change:alt", say);
    model.off("change:nodes", recolour);
    picture.destroy();
  };
}

export default { render };
