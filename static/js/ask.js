// What cannot be undone is asked in our own dialog. It names the thing; its safe answer has the focus.
// <form data-ask="Reset the bands? Every band becomes OFF." data-ask-act="Reset bands" data-ask-keep="Keep my bands">
(() => {
  const dialog = document.querySelector("[data-ask-dialog]");
  if (!dialog?.showModal) return; // a browser without dialogs sends the form as a plain one
  const part = (name) => dialog.querySelector(`[data-ask-${name}]`);
  let waiting = null;

  const wordsOf = (form, submitter) => {
    const asked = submitter?.dataset.ask ? submitter : form;
    const [, question, rest] = /^(.*?\?)(?:\s+(?=[A-Z])([^]*))?$/.exec(asked.dataset.ask) || ["", asked.dataset.ask];
    return {
      question,
      rest,
      act: asked.dataset.askAct || submitter?.textContent.trim() || question.replace(/\?$/, ""),
      keep: asked.dataset.askKeep || "Cancel",
    };
  };

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!(submitter?.dataset.ask || form.dataset.ask)) return;
    if (form.hasAttribute("data-answered")) {
      form.removeAttribute("data-answered");
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const words = wordsOf(form, submitter);
    part("question").textContent = words.question;
    part("rest").textContent = words.rest || "";
    part("rest").hidden = !words.rest;
    part("act").textContent = words.act;
    part("keep").textContent = words.keep;
    waiting = { form, submitter };
    dialog.returnValue = "";
    dialog.showModal();
  }, true);

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("");
  });
  dialog.addEventListener("close", () => {
    const asked = waiting;
    waiting = null;
    if (!asked) return;
    if (dialog.returnValue !== "act") {
      asked.form.dispatchEvent(new CustomEvent("ask-kept", { bubbles: true }));
      return;
    }
    // The live page may have put a newer fragment in the form's place; what was asked is still what is sent.
    if (!asked.form.isConnected) {
      asked.form.hidden = true;
      document.body.append(asked.form);
    }
    asked.form.setAttribute("data-answered", "");
    asked.form.requestSubmit(asked.submitter || undefined);
  });
})();
