const controls = element.closest("#controls");
const fits = (field) => field.value !== "" && field.validity.valid;
// What is being typed is asked about only while it is a value of the slider: 9 on the way to 99 is none.
controls.addEventListener("input", (event) => {
  if (event.target.type === "number" && !fits(event.target)) { event.stopPropagation(); }
}, true);
controls.addEventListener("change", (event) => {  // Enter, or the field is left
  const field = event.target;
  if (field.type !== "number" || fits(field)) { return; }
  const slider = field.closest(".wrap").querySelector("input[type=range]");
  if (field.value !== "") { slider.value = field.value; }  // it takes the nearest value that it has
  field.value = slider.value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
});
