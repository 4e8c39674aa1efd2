// Put into a site's pages: <script src="https://your.host/widget.js" data-account="site" async></script>
// It adds a button that opens the chat, which stays in a frame of its own.
(() => {
  const script = document.currentScript;
  const { account, user, hash, label } = script.dataset;
  const address = new URL(`/widget/${encodeURIComponent(account)}`, script.src);
  if (user) address.hash = new URLSearchParams({ user, hash: hash ?? "" });
  const LABELS = { pt: "Abrir o chat", en: "Open the chat", es: "Abrir el chat" };
  const name = label ?? LABELS[(document.documentElement.lang || navigator.language).slice(0, 2)] ?? LABELS.en;

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "💬";
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-expanded", "false");
  Object.assign(button.style, {
    position: "fixed", right: "1rem", bottom: "1rem", width: "3.5rem", height: "3.5rem", zIndex: 2147483000,
    borderRadius: "50%", border: "0", background: "#0b5cad", color: "#fff", fontSize: "1.5rem", cursor: "pointer",
  });

  const frame = document.createElement("iframe");
  frame.title = name;
  frame.hidden = true;
  Object.assign(frame.style, {
    position: "fixed", right: "1rem", bottom: "5rem", width: "min(24rem, calc(100vw - 2rem))", zIndex: 2147483000,
    height: "min(36rem, calc(100dvh - 6rem))", border: "1px solid #8886", borderRadius: ".8rem", background: "Canvas",
  });

  function turn(isOpen) {
    if (isOpen && !frame.src) frame.src = address.href;
    frame.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? frame : button).focus();
  }
  button.onclick = () => turn(frame.hidden);
  addEventListener("message", ({ source, data }) => {
    if (source === frame.contentWindow && data?.recado === "close") turn(false);
  });
  const add = () => document.body.append(button, frame);
  document.body ? add() : addEventListener("DOMContentLoaded", add);
})();
