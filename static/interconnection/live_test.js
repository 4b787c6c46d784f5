// Says what is going on while the server asks the device; without this the form works the same.
for (const form of document.querySelectorAll("form[data-asking]")) {
  form.addEventListener("submit", () => {
    const line = document.getElementById(form.dataset.asking);
    const host = form.elements.namedItem("host").value;
    const began = Date.now();
    const tell = () => {
      const seconds = Math.round((Date.now() - began) / 1000);
      line.textContent = `Asking ${host}: connect, read the map, compare. ${seconds} s`;
    };
    tell();
    setInterval(tell, 1000);
  });
}
