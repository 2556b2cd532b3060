/* The first part of tab-session-htmx2.js: an XMLHttpRequest that is sent by fetch, and does not show it. */
(() => {
  "use strict";
  if (window.TabHtmx2) return;
  const ours = new WeakSet();

  // A header takes Latin letters; this is what htmx 2 does with others.
  function setHeader(headers, name, value) {
    try {
      headers.set(name, value);
    } catch {
      headers.set(name, encodeURIComponent(value));
      headers.set(name + "-URI-AutoEncoded", "true");
    }
  }

  function answer(xhr, came, text) {
    const values = {
      readyState: 4, status: came.status, statusText: came.statusText, responseURL: came.url, response: text, responseText: text,
    };
    for (const [name, value] of Object.entries(values)) Object.defineProperty(xhr, name, { value, configurable: true });
    xhr.getResponseHeader = (name) => came.headers.get(name);
    xhr.getAllResponseHeaders = () => [...came.headers].map((each) => each.join(": ") + "\r\n").join("");
  }

  // From now on `send` does what this XMLHttpRequest was made for, and is given its headers and body.
  function sendBy(xhr, send, headers) {
    const control = new AbortController();
    let isOver = false;
    const end = (how) => {
      isOver = true;
      control.abort();
      for (const each of [how, "loadend"]) xhr.dispatchEvent(new ProgressEvent(each));
    };
    ours.add(xhr);
    xhr.setRequestHeader = (name, value) => setHeader(headers, name, value);
    // At once, because htmx goes on in the same moment.
    xhr.abort = () => { if (!isOver) end("abort"); };
    xhr.send = async (body) => {
      xhr.dispatchEvent(new ProgressEvent("loadstart"));
      const timer = xhr.timeout && setTimeout(() => isOver || end("timeout"), xhr.timeout);
      let how = "load";
      try {
        const came = await send({ headers, body, signal: control.signal });
        const text = await came.text();
        if (!isOver) answer(xhr, came, text);
      } catch {
        how = "error";
      }
      clearTimeout(timer);
      if (!isOver) end(how);
    };
  }

  window.TabHtmx2 = { setHeader, sendBy, isOurs: (xhr) => ours.has(xhr) };
})();
