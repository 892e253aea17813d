// Shows the server's own description of itself. Nothing is fetched from elsewhere.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

follow();
dark.addEventListener("change", follow);

// The key that the dashboard was given in this tab; Authorize takes another.
function useKey() {
  try {
    const key = sessionStorage.getItem("kpi-key");
    if (key !== null) window.ui.preauthorizeApiKey("bearer", key);
  } catch {
    // The browser keeps nothing.
  }
}

window.ui = SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "list",
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
  queryConfigEnabled: false,
  onComplete: useKey,
});
