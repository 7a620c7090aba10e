// What every script's world has besides the language itself. Evaluated once for each worker process, long before any
// script; the function that it returns is for the worker alone and within no script's reach.
(function (global) {
  "use strict";

  // Logs go nowhere, but scripts that write them run.
  const silent = () => {};
  global.console = { log: silent, info: silent, warn: silent, error: silent, debug: silent, trace: silent };

  // Processes are copies of one process, so each is given its own seed (the generator is sfc32).
  let a = 0, b = 0, c = 0, d = 0;
  const next = () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  define(Math, "random", function random() {
    return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  });
  const seed = (one, two, three, four) => {
    [a, b, c, d] = [one | 0, two | 0, three | 0, four | 0];
  };

  // The engine has no data of languages and would ignore what it is asked for. English of the United States is built
  // here, anything else is an error rather than a wrong text.
  const refuse = (what) => {
    throw new RangeError(what + " is not available in Code nodes");
  };
  const english = (locales) => {
    if (locales !== undefined && !["en", "en-US"].includes(String(locales))) refuse("the locale " + locales);
  };
  const plain = (options, known) => {
    for (const name of Object.keys(options ?? {})) if (!known.includes(name)) refuse("the option " + name);
    return options ?? {};
  };

  define(Number.prototype, "toLocaleString", function toLocaleString(locales, options) {
    english(locales);
    const asked = plain(options, ["minimumFractionDigits", "maximumFractionDigits", "useGrouping"]);
    const value = Number(this);
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "-∞" : "∞";
    const least = asked.minimumFractionDigits ?? Math.min(0, asked.maximumFractionDigits ?? 0);
    const most = asked.maximumFractionDigits ?? Math.max(3, least);
    let [whole, fraction] = rounded(value, most).split(".");
    fraction = (fraction ?? "").replace(/0+$/, "").padEnd(least, "0");
    if (asked.useGrouping !== false) whole = whole.replace(/\B(?=([0-9]{3})+$)/g, ",");
    return fraction ? whole + "." + fraction : whole;
  });

  // By the decimal digits that the number is printed with, as Intl does; toFixed takes those of the double.
  function rounded(value, places) {
    if (Math.abs(value) >= 1e21) return BigInt(value).toString();
    const [digits, exponent] = Math.abs(value).toString().split("e");
    const shifted = Math.round(Number(digits + "e" + (Number(exponent ?? 0) + places)));
    const back = shifted < 1e21 ? Number(shifted + "e-" + places).toFixed(places) : Math.abs(value).toFixed(places);
    return value < 0 ? "-" + back : back;
  }

  const day = (date) => [date.getMonth() + 1, date.getDate(), date.getFullYear()].join("/");
  const clock = (date) => {
    const [minutes, seconds] = [date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, "0"));
    return (date.getHours() % 12 || 12) + ":" + minutes + ":" + seconds + (date.getHours() < 12 ? " AM" : " PM");
  };
  const dates = {
    toLocaleString: (date) => day(date) + ", " + clock(date),
    toLocaleDateString: day,
    toLocaleTimeString: clock,
  };
  for (const [name, print] of Object.entries(dates)) {
    define(Date.prototype, name, function (locales, options) {
      english(locales);
      if (plain(options, ["timeZone"]).timeZone !== undefined && options.timeZone !== "UTC") {
        refuse("the time zone " + options.timeZone + " (take moment-timezone)");
      }
      return Number.isNaN(this.getTime()) ? "Invalid Date" : print(this);
    });
  }

  // Letters before their accents, accents before capitals, as collations do; the engine compares codes.
  const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "");
  const order = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const rank = (text) => bare(text).toLowerCase().replace(/[^\p{L}\p{N}]/gu, "\u0001$&").replace(/\p{N}/gu, "\u0002$&");
  define(String.prototype, "localeCompare", function localeCompare(other, locales, options) {
    english(locales);
    const { sensitivity } = plain(options, ["sensitivity"]);
    const [one, two] = [String(this), String(other)];
    const letters = order(rank(one), rank(two));
    if (letters || sensitivity === "base") return letters;
    const accents = order(one.normalize("NFD").toLowerCase(), two.normalize("NFD").toLowerCase());
    if (accents || sensitivity === "accent") return accents;
    return -order(one.normalize("NFD"), two.normalize("NFD"));
  });

  function define(owner, name, value) {
    Object.defineProperty(value, "name", { value: name, configurable: true });
    Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
  }

  // Libraries are evaluated before the script that asks for them, out of its sight; `require` brings them into sight.
  const shelf = new Map();
  const shelve = (variable) => {
    shelf.set(variable, global[variable]);
    delete global[variable];
  };
  const lend = (table) => {
    const variables = new Map(Object.entries(JSON.parse(table)));
    global.require = function require(name) {
      const variable = variables.get(String(name)) ?? variables.get(name + ".js");
      if (variable === undefined) {
        throw new Error('there is no library "' + name + '"; there are ' + [...variables.keys()].join(", "));
      }
      return (global[variable] = shelf.get(variable));
    };
  };

  // What CryptoJS salts passwords with. It looks for this while it is evaluated; scripts never see it.
  const salt = () => {
    global.crypto = { getRandomValues: (array) => array.map(next) };
  };

  const hooks = { seed, salt, shelve, lend };
  return (name, ...values) => void hooks[name](...values);
})(globalThis);
