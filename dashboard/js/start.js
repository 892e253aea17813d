// Before anything is painted, and therefore no module: the colours that the reader has chosen, and the first two requests, whose
// answers then come while the modules do.
{
  let chosen = new URLSearchParams(location.search).get("theme");
  try {
    chosen ??= localStorage.getItem("kpi-theme");
  } catch {
    // The browser keeps nothing.
  }
  const { dataset } = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  if (chosen === "light" || chosen === "dark") dataset.theme = chosen;
  // What is chosen, or else what the system has: the style sheet has the dark colours once.
  globalThis.showScheme = () => (dataset.scheme = dataset.theme ?? (system.matches ? "dark" : "light"));
  globalThis.showScheme();
  const headers = { Accept: "application/json" };
  try {
    const key = sessionStorage.getItem("kpi-key");
    if (key !== null) headers.Authorization = `Bearer ${key}`;
  } catch {
    // There is none.
  }
  const ask = (path) => fetch(path, { headers }).catch((error) => error);
  globalThis.early = { "v1/kpis": ask("v1/kpis"), "v1/status": ask("v1/status") };
}
