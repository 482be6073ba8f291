// A box for the order, what else is asked, and buttons: each press is one message, as it was typed.
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "twinlab-order";
  form.noValidate = true; // the Python side says what is wrong, in the status line
  // Keys typed here are an answer, not commands of the notebook.
  form.setAttribute("data-lm-suppress-shortcuts", "true");
  const field = (type, text, inputMode) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const words = document.createElement("span");
    Object.assign(input, { type, step: "any", autocomplete: "off", inputMode });
    words.textContent = text;
    label.append(words, " ", input);
    // In JupyterLab, Enter in a box does not submit its form by itself. A key held down is one order.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) form.requestSubmit();
    });
    return { label, input, words };
  };
  const button = (type, text) => Object.assign(document.createElement("button"), { type, textContent: text });
  const order = field("text", "", "numeric");
  const box = order.input;
  box.className = "order";
  const more = {
    low: field("number", "9 in 10 demands lie between"),
    high: field("number", "and"),
    reason: field("text", "Why not the advice?"),
  };
  const place = button("submit", "Place order");
  const follow = button("button", "");
  const keep = button("button", "");
  const undo = button("button", "Undo");
  undo.title = "Take the last order back"; // a button with words is named by them, and told by this
  const fresh = button("button", "");
  form.append(order.label, ...Object.values(more).map((each) => each.label), place, follow, keep, undo, fresh);
  el.append(form);

  let asked = false; // whether somebody is sure to want a new game
  const ask = (now) => {
    asked = now;
    fresh.textContent = asked ? "Press again for a new game" : "New game";
  };
  const show = () => {
    const over = model.get("over");
    order.words.textContent = model.get("label");
    // Read-only, not disabled: who plays by keyboard keeps the focus when the game ends.
    box.readOnly = over;
    for (const each of [place, follow, keep]) each.setAttribute("aria-disabled", String(over));
    undo.setAttribute("aria-disabled", String(!model.get("acts").includes("undo")));
    form.classList.toggle("over", over);
    for (const [name, each] of Object.entries(more)) each.label.hidden = !model.get("asks").includes(name);
    for (const [each, name, text] of [[follow, "advice", "Follow the advice"], [keep, "own", "Keep your own"]]) {
      each.hidden = !model.get(name);
      each.textContent = `${text}: ${model.get(name)}`;
    }
    undo.hidden = fresh.hidden = !model.get("acts").includes("new");
  };
  const send = (said) => {
    const message = { order: said };
    for (const [name, { input, label }] of Object.entries(more)) {
      if (!label.hidden && input.value !== "") message[name] = input.type === "number" ? Number(input.value) : input.value;
    }
    if (!model.get("over")) model.send(message);
    for (const { input } of [order, ...Object.values(more)]) input.value = "";
    box.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(box.value);
  });
  follow.addEventListener("click", () => send(Number(model.get("advice"))));
  keep.addEventListener("click", () => send(Number(model.get("own"))));
  undo.addEventListener("click", () => {
    if (undo.ariaDisabled !== "true") model.send({ act: "undo" });
  });
  fresh.addEventListener("click", () => {
    if (asked) {
      model.send({ act: "new" });
      box.focus();
    }
    ask(!asked);
  });
  fresh.addEventListener("blur", () => ask(false));
  ask(false);
  show();
  const names = ["over", "advice", "own", "asks", "label", "acts"].map((name) => `change:${name}`);
  for (const name of names) model.on(name, show);
  return () => names.forEach((name) => model.off(name, show));
}

export default { render };
