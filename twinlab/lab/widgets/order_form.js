// A number box, a button, and a button that follows the advice: one message per order.
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "twinlab-order";
  form.noValidate = true; // the Python side says what is wrong, in the status line
  // Keys typed here are an answer, not commands of the notebook.
  form.setAttribute("data-lm-suppress-shortcuts", "true");
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "number";
  box.min = 0;
  box.step = "any";
  box.autocomplete = "off";
  label.append(model.get("label") + " ", box);
  const place = document.createElement("button");
  place.type = "submit";
  place.textContent = "Place order";
  const follow = document.createElement("button");
  follow.type = "button";
  form.append(label, place, follow);
  el.append(form);

  const show = () => {
    const over = model.get("over");
    // Read-only, not disabled: who plays by keyboard keeps the focus when the game ends.
    box.readOnly = over;
    for (const button of [place, follow]) button.setAttribute("aria-disabled", String(over));
    form.classList.toggle("over", over);
    follow.hidden = !model.get("advice");
    follow.textContent = `Follow the advice: ${model.get("advice")}`;
  };
  const send = (message) => {
    if (!model.get("over")) model.send(message);
    box.value = ""; // an Enter key held down finds an empty box, and orders nothing
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value !== "") send({ order: Number(box.value) });
    box.focus();
  });
  // In JupyterLab, Enter in a box does not submit its form by itself.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit();
  });
  follow.addEventListener("click", () => send({ follow: true }));
  show();
  model.on("change:over", show);
  model.on("change:advice", show);
  return () => {
    model.off("change:over", show);
    model.off("change:advice", show);
  };
}

export default { render };
