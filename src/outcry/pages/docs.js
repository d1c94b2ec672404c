// Tries a call from its own form; nothing leaves this origin.
document.querySelectorAll("form.try").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let path = form.dataset.path;
    const headers = {};
    let query = "";
    form.querySelectorAll("input").forEach((input) => {
      if (input.name === "?") query = input.value ? "?" + input.value : "";
      else path = path.replace("{" + input.name + "}", encodeURIComponent(input.value));
    });
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = "Bearer " + token;
    const body = form.querySelector("textarea");
    if (body) headers["Content-Type"] = "application/json";
    const shown = document.createElement("pre");
    shown.textContent = "…";
    form.querySelector("output").replaceChildren(shown);
    try {
      const answer = await fetch(path + query, { method: form.dataset.method.toUpperCase(), headers, body: body ? body.value : undefined });
      const text = await answer.text();
      let pretty = text;
      try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON */ }
      shown.textContent = answer.status + " " + answer.statusText + "\n" + pretty;
    } catch (failed) {
      shown.textContent = "No answer: " + failed.message;
    }
  });
});
