// Whether the page under an element is dark: JupyterLab, Voilà and pages of documentation say so on
// their body; elsewhere the colour that lies under it tells.
const isDark = (el) => {
  const { jpThemeLight, theme } = document.body.dataset;
  const said = { true: false, false: true, light: false, dark: true }[jpThemeLight ?? theme];
  if (said !== undefined) return said;
  for (let under = el; under; under = under.parentElement) {
    const parts = getComputedStyle(under).backgroundColor.match(/[\d.]+/g) ?? [0, 0, 0, 0]; // not yet shown
    const [r, g, b, a = 1] = parts.map(Number);
    if (a > 0.5) return 0.3 * r + 0.6 * g + 0.1 * b < 128;
  }
  return false; // nothing lies under it: paper
};
// Calls `act` with it, now and whenever it changes; gives what ends that.
const followTheme = (el, act) => {
  let dark;
  const look = () => isDark(el) === dark || act((dark = isDark(el)));
  const watch = new MutationObserver(look);
  const shown = new ResizeObserver(look); // only then something lies under it
  const system = matchMedia("(prefers-color-scheme: dark)");
  for (const one of [document.documentElement, document.body])
    watch.observe(one, { attributeFilter: ["data-jp-theme-light", "data-theme", "class", "style"] });
  shown.observe(el);
  system.addEventListener("change", look);
  look();
  return () => [watch.disconnect(), shown.disconnect(), system.removeEventListener("change", look)];
};
