const most = MOST_BYTES;
const input = element.querySelector("input[type=file]");
const label = element.querySelector(".drop");
function take(file) {
  if (!file) { return; }
  if (file.size > most) { trigger("refused", { size: file.size }); return; }
  const reader = new FileReader();
  reader.onload = () => trigger("dropped", { name: file.name, content: reader.result });
  reader.readAsDataURL(file);
}
input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
["dragover", "dragenter"].forEach((name) => label.addEventListener(name, (event) => {
  event.preventDefault();
  label.classList.add("over");
}));
label.addEventListener("dragleave", () => label.classList.remove("over"));
label.addEventListener("drop", (event) => {
  event.preventDefault();
  label.classList.remove("over");
  take(event.dataTransfer.files[0]);
});
element.querySelectorAll(".thumbs button").forEach((button) => {
  button.addEventListener("click", () => {
    element.querySelectorAll(".thumbs button").forEach((other) => other.removeAttribute("aria-pressed"));
    button.setAttribute("aria-pressed", "true");
    trigger("picked", { place: Number(button.dataset.place) });
  });
});
