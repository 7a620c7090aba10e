// Shows openapi.json with Swagger UI, and streams that are tried out as they come. Everything is from this host.
"use strict";

const STREAM = /^(application\/x-ndjson|text\/event-stream)\b/;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const panel = document.getElementById("stream");
const title = document.getElementById("stream-title");
const text = document.getElementById("stream-text");
const stop = document.getElementById("stream-stop");
let running = null;

function follow({ matches }) {
  document.documentElement.classList.toggle("dark-mode", matches);
}

// Swagger UI shows an answer when it is whole; a stream is shown here meanwhile.
async function show(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text.append(value);
    text.scrollTop = text.scrollHeight;
  }
}

async function fetchShowing(url, request) {
  const control = new AbortController();
  const response = await fetch(url, { ...request, signal: control.signal });
  if (!response.body || !STREAM.test(response.headers.get("content-type") || "")) return response;
  if (running) running.abort();
  running = control;
  title.textContent = `${request.method || "GET"} ${new URL(url, location.href).pathname}`;
  text.textContent = "";
  stop.textContent = "Stop";
  panel.hidden = false;
  const [shown, kept] = response.body.tee();
  show(shown)
    .catch(() => text.append("\n(cut)"))
    .finally(() => {
      if (running === control) running = null;
      stop.textContent = "Close";
    });
  const { status, statusText, headers } = response;
  const answer = new Response(kept, { status, statusText, headers });
  Object.defineProperty(answer, "url", { value: response.url });
  return answer;
}

stop.addEventListener("click", () => {
  if (running) running.abort();
  else panel.hidden = true;
});
dark.addEventListener("change", follow);
follow(dark);

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  filter: true,
  tryItOutEnabled: false,
  validatorUrl: null,
  requestInterceptor(request) {
    // Without it a 401 would make the browser ask for a password in a window of its own.
    request.credentials = "omit";
    if (!request.loadSpec) request.userFetch = fetchShowing;
    return request;
  },
});
