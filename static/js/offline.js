// The page shown without a connection goes back to what was asked for as soon as the server answers.
(() => {
  const EVERY_MS = 5000;
  const look = () => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && location.reload(), () => {});
  if (location.pathname !== "/offline/") setInterval(look, EVERY_MS);
  addEventListener("online", look);
})();
