// Follows vis-network (bundled with pyvis), which has put its classes into globalThis.vis.
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

function button(words, title, act) {
  const made = document.createElement("button");
  made.textContent = words;
  made.title = title;
  made.setAttribute("aria-label", title);
  made.addEventListener("click", act);
  return made;
}

function render({ model, el }) {
  const frame = document.createElement("div");
  const stage = document.createElement("div");
  const bar = document.createElement("div");
  frame.className = "twinlab-network";
  stage.style.height = `${model.get("height")}px`;
  stage.setAttribute("role", "img");
  frame.append(stage, bar);
  el.append(frame);

  const nodes = new DataSet(model.get("nodes"));
  const edges = new DataSet(model.get("edges"));
  const picture = new Network(stage, { nodes, edges }, options);
  const fit = () => picture.fit({ animation: false });
  const zoom = (factor) => picture.moveTo({ scale: picture.getScale() * factor });
  bar.append(
    button("+", "Zoom in", () => zoom(1.25)),
    button("−", "Zoom out", () => zoom(0.8)),
    button("fit", "Show the whole network", fit),
  );

  const say = () => stage.setAttribute("aria-label", model.get("alt"));
  const recolour = () => {
    nodes.update(model.get("nodes"));
    edges.update(model.get("edges"));
  };
  say();
  model.on("change:alt", say);
  model.on("change:nodes", recolour);
  // The stage has no width when it is drawn first, and a change of the page's theme changes it for a
  // moment: vis-network then clears its canvas, and would wait for somebody to draw on it.
  const watch = new ResizeObserver(() => {
    fit();
    picture.redraw();
  });
  watch.observe(stage);
  return () => {
    watch.disconnect();
    model.off("change:alt", say);
    model.off("change:nodes", recolour);
    picture.destroy();
  };
}

export default { render };
