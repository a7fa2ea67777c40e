// What every page shares: data that arrive as script files, and elements made without markup.
"use strict";

const PolicyReport = (() => {
  const arrived = new Map();
  const waiting = new Map(); // resolvers of what is on its way
  const loading = new Map(); // promises, also of what has arrived
  // A page opened from disk may not fetch(); a script file is the only data it can load. Where the browser knows trusted
  // types, no script can come from anywhere but a company's folder of this report.
  const SAFE = /^[a-z0-9-]+\/[0-9a-f]{16}(-[0-9a-f]{16})?\.\d+\.js$/;
  const check = (url) => {
    if (!SAFE.test(url)) throw new TypeError(`not a data file of this report: ${url}`);
    return url;
  };
  const policy = window.trustedTypes ? trustedTypes.createPolicy("policy-report", { createScriptURL: check }) : { createScriptURL: check };

  /** Called by data files. */
  function put(name, data) {
    arrived.set(name, data);
    waiting.get(name)?.(data);
    waiting.delete(name);
  }

  /** Load `folder/name.js` once; the promise gives its data. */
  function load(folder, name) {
    if (!loading.has(name)) loading.set(name, request(`${folder}/${name}.js`, name));
    return loading.get(name);
  }

  function request(url, name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = policy.createScriptURL(url);
      script.onload = () => script.remove();
      script.onerror = () => {
        script.remove();
        loading.delete(name); // so that it is tried again
        reject(new Error(`${url} is missing; run scrapy report again`));
      };
      waiting.set(name, resolve);
      document.head.append(script);
    });
  }

  /** Make an element. Children are nodes or text, never markup. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const number = (value) => Math.round(value).toLocaleString("en-GB");

  return { arrived, load, make, number, put };
})();
