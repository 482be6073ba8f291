// A number box, what else is asked, and buttons for the advice and the own order: one message each.
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "twinlab-order";
  form.noValidate = true; // the Python side says what is wrong, in the status line
  // Keys typed here are an answer, not commands of the notebook.
  form.setAttribute("data-lm-suppress-shortcuts", "true");
  const field = (type, text) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const words = document.createElement("span");
    Object.assign(input, { type, min: 0, step: "any", autocomplete: "off" });
    words.textContent = text;
    label.append(words, " ", input);
    // In JupyterLab, Enter in a box does not submit its form by itself.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      form.requestSubmit();
    });
    return { label, input, words };
  };
  const button = (type, text) => Object.assign(document.createElement("button"), { type, textContent: text });
  const order = field("number", "");
  const box = order.input;
  const more = {
    low: field("number", "9 in 10 demands lie between"),
    high: field("number", "and"),
    reason: field("text", "Why not the advice?"),
  };
  const place = button("submit", "Place order");
  const follow = button("button", "");
  const keep = button("button", "");
  form.append(order.label, ...Object.values(more).map((each) => each.label), place, follow, keep);
  el.append(form);

  const show = () => {
    const over = model.get("over");
    order.words.textContent = model.get("label");
    // Read-only, not disabled: who plays by keyboard keeps the focus when the game ends.
    box.readOnly = over;
    for (const each of [place, follow, keep]) each.setAttribute("aria-disabled", String(over));
    form.classList.toggle("over", over);
    for (const [name, each] of Object.entries(more)) each.label.hidden = !model.get("asks").includes(name);
    for (const [each, name, text] of [[follow, "advice", "Follow the advice"], [keep, "own", "Keep your own"]]) {
      each.hidden = !model.get(name);
      each.textContent = `${text}: ${model.get(name)}`;
    }
  };
  const send = (number) => {
    const message = { order: number };
    for (const [name, { input, label }] of Object.entries(more)) {
      if (!label.hidden && input.value !== "") message[name] = input.type === "number" ? Number(input.value) : input.value;
    }
    if (!model.get("over")) model.send(message);
    for (const { input } of [order, ...Object.values(more)]) input.value = "";
    box.focus(); // an Enter key held down finds an empty box, and orders nothing
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value !== "") send(Number(box.value));
    else box.focus();
  });
  follow.addEventListener("click", () => send(Number(model.get("advice"))));
  keep.addEventListener("click", () => send(Number(model.get("own"))));
  show();
  const names = ["over", "advice", "own", "asks", "label"].map((name) => `change:${name}`);
  for (const name of names) model.on(name, show);
  return () => names.forEach((name) => model.off(name, show));
}

export default { render };
