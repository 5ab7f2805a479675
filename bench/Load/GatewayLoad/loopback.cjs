// Preloaded into a Node program that has no option for the address it listens on: it then listens on 127.0.0.1 alone.
"use strict";
const net = require("node:net");
const { listen } = net.Server.prototype;

net.Server.prototype.listen = function (...args) {
  const [first] = args;
  // listen({ port, ... }), listen(port, host?, ...); a path of a socket is nobody's address.
  if (first !== null && typeof first === "object" && first.port !== undefined) args[0] = { ...first, host: "127.0.0.1" };
  else if (typeof first === "number" || /^\d+$/.test(String(first))) args.splice(1, typeof args[1] === "string" ? 1 : 0, "127.0.0.1");
  return listen.apply(this, args);
};
