// A running twin's panel in two parts: what it knows, with buttons; its orders, with a form.
// All state is the kernel's; the page only draws it, and sends what is pressed.
const make = (tag, looks = {}, ...inside) => {
  const { role, ...rest } = looks;
  const made = Object.assign(document.createElement(tag), rest);
  if (role) made.setAttribute("role", role);
  return made.append(...inside), made;
};
let count = 0; // ids tell several panels on a page apart

// Shown as out of use, but never disabled: who works by keyboard keeps the focus.
const rest = (button, resting) => button.setAttribute("aria-disabled", String(resting));
const rests = (button) => button.getAttribute("aria-disabled") === "true";
const press = (words, act) => {
  const button = make("button", { type: "button", textContent: words });
  button.onclick = () => rests(button) || act();
  return button;
};

const number = /^[-–−]?[\d.,]*%?$/;
const kind = (text) => (number.test(text) ? "number" : text.includes("\n") ? "long" : "");
const cell = (text) => make("td", { className: kind(text) }, text);

function table({ title, heads, rows, more }, first = (text) => [text]) {
  const head = heads.map((words) => make("th", { scope: "col", textContent: words }));
  const line = ([name, ...texts]) =>
    make("tr", {}, make("td", { className: "name" }, ...first(name)), ...texts.map((text) => cell(text)));
  const whole = make("table", {}, make("caption", {}, title), make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map(line)));
  const left = more > 0 ? [make("p", {}, `and ${more} more`)] : [];
  return rows.length
    ? make("div", { className: "scroll" }, whole, ...left)
    : make("p", {}, `${title}: none`);
}

function knowledge(model, box) {
  const bar = make("div", { className: "bar" });
  const said = make("p", { className: "said", role: "status" });
  const problem = make("p", { className: "problem", role: "alert" });
  const facts = make("div", { className: "facts", role: "list" });
  box.append(bar, said, problem, facts);
  let buttons = [];
  const send = (days) => () => {
    for (const button of buttons) rest(button, true); // a key held down is one day, not ten
    model.send({ days });
  };

  const draw = () => {
    const shown = model.get("shown");
    if (buttons.length !== shown.buttons.length) {
      buttons = shown.buttons.map(([days, words]) => press(words, send(days)));
      bar.replaceChildren(...buttons);
    }
    problem.textContent = shown.problem;
    facts.replaceChildren(
      ...shown.facts.map(([name, words, fine]) =>
        make("div", { className: fine ? "" : "look", role: "listitem" },
          make("span", {}, name), make("b", {}, words))),
    );
    busy();
  };
  const busy = () => {
    const doing = model.get("busy");
    said.textContent = doing || model.get("shown").said;
    box.classList.toggle("busy", Boolean(doing));
    box.setAttribute("aria-busy", String(Boolean(doing)));
    for (const button of buttons) rest(button, Boolean(doing));
  };
  draw();
  return { shown: draw, busy };
}

function orders(model, box) {
  const group = `twinlab-panel-${(count += 1)}`;
  const queue = make("div");
  const legend = make("legend");
  const said = make("p", { className: "said", role: "status" });
  const wrong = make("p", { className: "problem", role: "alert", id: `${group}-problem` });
  const boxes = {
    by: make("input", { autocomplete: "name", size: 14 }),
    role: make("input", { autocomplete: "organization-title", size: 18 }),
    reason: make("input", { autocomplete: "off", size: 40 }),
  };
  const words = { by: "Your name", role: "Your role", reason: "Reason" };
  const labels = Object.entries(boxes).map(([name, input]) => make("label", {}, words[name], input));
  const roles = make("datalist", { id: `${group}-roles` });
  boxes.role.setAttribute("list", roles.id);
  let [chosen, asked] = [null, false];
  const send = (what) => () => {
    const typed = Object.fromEntries(Object.entries(boxes).map(([name, input]) => [name, input.value]));
    asked = true; // a second press must not decide on the next order
    name();
    model.send({ what, id: chosen, ...typed });
  };
  const buttons = [press("Approve", send("approve")), press("Reject", send("reject"))];
  const form = make("fieldset", {}, legend, ...labels, roles, ...buttons, wrong, said);
  const others = make("div", { className: "others" });
  box.append(queue, form, others);

  const name = () => {
    legend.textContent = chosen === null ? "No order waits for approval" : `Decide on order ${chosen}`;
    for (const button of buttons) rest(button, asked || chosen === null || Boolean(model.get("busy")));
  };
  const choose = (id, waits) => {
    if (!waits) return [id];
    const pick = make("input", { type: "radio", name: group, checked: id === chosen });
    pick.onchange = () => ((chosen = id), name());
    return [make("label", { title: `decide on order ${id}` }, pick, ` ${id}`)];
  };
  const draw = () => {
    const { tables: [list, ...tables], roles: known } = model.get("shown");
    const step = list.heads.indexOf("step");
    const waiting = list.rows.filter((row) => row[step] === "proposed").map(([id]) => id);
    if (!waiting.includes(chosen)) chosen = waiting[0] ?? null;
    const focused = queue.contains(document.activeElement);
    queue.replaceChildren(table(list, (id) => choose(id, waiting.includes(id))));
    if (focused) queue.querySelector("input:checked")?.focus();
    roles.replaceChildren(...(known ?? []).map((value) => make("option", { value })));
    others.replaceChildren(...tables.map((one) => table(one)));
    name();
  };
  const fill = () => {
    const { problem = "", at = "", said: told = "", ...typed } = model.get("form");
    for (const [key, input] of Object.entries(boxes)) {
      if (key in typed) input.value = typed[key];
      input.setAttribute("aria-invalid", String(at === key));
      input.toggleAttribute("aria-describedby", false);
      if (at === key) input.setAttribute("aria-describedby", wrong.id);
    }
    wrong.textContent = problem;
    said.textContent = told;
  };
  draw();
  fill();
  const answer = () => {
    asked = false;
    fill();
    name();
    boxes[model.get("form").at]?.focus();
  };
  return { shown: draw, form: answer, busy: name };
}

function render({ model, el }) {
  const part = model.get("part");
  const box = make("section", { className: `twinlab-panel ${part}` });
  box.setAttribute("aria-label", part === "orders" ? "Orders of the twin" : "What the twin knows");
  box.dataset.lmSuppressShortcuts = "true"; // keys typed here are no commands of the notebook
  el.append(box);
  const heard = Object.entries({ knowledge, orders }[part](model, box));
  for (const [name, act] of heard) model.on(`change:${name}`, act);
  return () => heard.forEach(([name, act]) => model.off(`change:${name}`, act));
}

export default { render };
