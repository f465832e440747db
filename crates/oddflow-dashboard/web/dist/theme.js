// Before the page is drawn, so that it does not flash in the other theme.
try {
  const theme = localStorage.getItem("oddflow.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be off: then the system's theme it is.
}
