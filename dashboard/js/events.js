// News from the server that there are new data.

import { hasKey, withKey } from "./key.js";

// New data, other definitions of KPIs, and a database that is away or back.
const EVENTS = ["data-version", "definitions", "database"];
const TOGETHER_MS = 150;
const AGAIN_MS = 5_000;
const AGAIN_MOST_MS = 60_000;

/** Calls connect() after a while, which grows from one try to the next, until one succeeded. */
function trying(connect) {
  let wait = AGAIN_MS;
  let timer;
  return {
    again() {
      // Pages that lost their server together do not come back together.
      timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, AGAIN_MOST_MS);
    },
    succeeded: () => (wait = AGAIN_MS),
    stop: () => clearTimeout(timer),
  };
}

/** The browser's own listener, which cannot send a key. It connects again by itself when a connection is lost, but never after an
 *  answer that is none of events, as 503: then another takes its place. */
function listenPlainly(onEvent, onState) {
  let source;
  const tries = trying(connect);
  function connect() {
    source = new EventSource("v1/events");
    for (const name of EVENTS) source.addEventListener(name, (event) => onEvent(name, event.lastEventId));
    source.addEventListener("open", () => {
      tries.succeeded();
      onState(true);
    });
    source.addEventListener("error", () => {
      onState(false);
      if (source.readyState === EventSource.CLOSED) tries.again();
    });
  }
  connect();
  return () => {
    tries.stop();
    source.close();
  };
}

/** Reads events from a stream until it ends: each has lines of fields, and an empty line behind it. */
async function read(stream, onEvent) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const fields = new Map(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (EVENTS.includes(fields.get("event"))) onEvent(fields.get("event"), fields.get("id"));
    }
  }
}

/** The same with a key. */
function listenWithKey(onEvent, onState) {
  const controller = new AbortController();
  let seen = null;
  const tries = trying(connect);
  const note = (name, id) => {
    seen = id ?? seen;
    onEvent(name, id);
  };
  async function connect() {
    try {
      const headers = withKey({ Accept: "text/event-stream", ...(seen !== null && { "Last-Event-ID": seen }) });
      const answer = await fetch("v1/events", { headers, signal: controller.signal, cache: "no-store" });
      if (answer.ok) {
        tries.succeeded();
        onState(true);
        await read(answer.body, note);
      }
    } catch {
      // The connection is lost, or was never there.
    }
    if (controller.signal.aborted) return;
    onState(false);
    tries.again();
  }
  connect();
  return () => {
    tries.stop();
    controller.abort();
  };
}

/** Calls onNews when there is a data version other than the one shown, onDefinitions when KPIs may be others, or the database has gone or come,
 *  also where that may have been missed, and onState when the connection comes or goes. */
export function listen(version, { onNews, onDefinitions, onState }) {
  let shown = version;
  let lost = false;
  let timer = null;
  let data = false; // whether there are new data too
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      (data ? onNews : onDefinitions)();
      data = false;
    }, TOGETHER_MS);
  };
  const onEvent = (name, id) => {
    if (name === "data-version") {
      if (Number(id) === shown) return;
      shown = Number(id);
      data = true;
    }
    soon();
  };
  const onConnection = (connected) => {
    onState(connected);
    if (connected && lost) onEvent("definitions");
    lost = !connected;
  };
  const stop = (hasKey() ? listenWithKey : listenPlainly)(onEvent, onConnection);
  // A page that is left for good holds no connection; one that comes back from the browser's cache begins anew.
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
