// what the explorer draws with; it knows nothing of its controls
// sides of each class's marker, and its first angle in eighths of a turn: no two look alike
const MARKERS = [[24, 0], [3, -2], [4, 1], [4, 0], [3, 2], [5, -2], [6, 0], [8, 1]];

/** Inflate a run's data and cut it into its arrays, in the order in which they were packed. */
async function unpack(entry) {
  const packed = Uint8Array.from(atob(entry.data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const [count, height, width] = entry.shape;
  let place = 0;
  const take = (Type, length) => {
    const start = place;
    place += length * Type.BYTES_PER_ELEMENT;
    return new Type(buffer.slice(start, place));
  };
  const maps = [0, 1].map(() => take(Int8Array, count * height * width));
  const pieces = take(Uint16Array, entry.pieces * 4);
  const points = take(Uint16Array, entry.samples * 2);
  const values = take(Float32Array, entry.eigenvalues);
  const labels = take(Uint8Array, entry.samples);
  return { ...entry, count, height, width, maps, pieces, points, values, labels };
}

/** Write a number with a few digits. */
function number(value, digits = 4) {
  const small = value !== 0 && Math.abs(value) < 1e-3;
  const text = small ? value.toExponential(2) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** Write a power of ten: 10⁻³. */
function powerOfTen(power) {
  return `10${[...String(power)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`;
}

/** Size a canvas to its place on the screen; return its context, in pixels of the page. */
function context(canvas) {
  const scale = devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height };
}

/** Return a canvas with a pixel per level; rows are turned, since y grows upwards. */
function levelImage(levelAt, width, height, colours) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d"), pixels = pen.createImageData(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const to = 4 * ((height - 1 - row) * width + column);
      pixels.data.set(colours[levelAt(column, row) + 128], to);
      pixels.data[to + 3] = 255;
    }
  }
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

/** Draw the marker of a class. */
function marker(pen, label, colours, x, y, size) {
  const [sides, first] = MARKERS[label % MARKERS.length];
  pen.beginPath();
  for (let side = 0; side < sides; side++) {
    const angle = (first / 8 + side / sides) * 2 * Math.PI;
    pen.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
  }
  pen.closePath();
  pen.fillStyle = colours[label % colours.length];
  pen.fill();
  pen.stroke();
}

/** Draw the axes of a spectrum; return what places a value: by its position and its size. */
function spectrumAxes({ pen, width, height }, values, style) {
  const sizes = [...values].map(Math.abs).filter((size) => size > 0);
  const high = Math.ceil(Math.log10(Math.max(...sizes, 1e-30)));
  const low = Math.min(high - 1, Math.floor(Math.log10(Math.min(...sizes, 10 ** high))));
  const left = 44, bottom = 42, last = Math.log10(Math.max(values.length, 2));
  const x = (i) => left + 14 + (Math.log10(i + 1) / last) * (width - left - 34);
  const y = (size) => 12 + ((high - Math.log10(size)) / (high - low)) * (height - bottom - 16);
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.fillStyle = style.getPropertyValue("--soft");
  pen.font = "12px sans-serif";
  for (let power = high; power >= low; power -= Math.max(1, Math.ceil((high - low) / 6))) {
    pen.strokeRect(left, y(10 ** power), width - left, 0);
    pen.fillText(powerOfTen(power), 2, y(10 ** power) + 4);
  }
  pen.fillText("|λ|", 2, height - bottom + 20);
  pen.textAlign = "center";
  for (let i = 1; i <= values.length; i *= 10) pen.fillText(i, x(i - 1), height - bottom + 20);
  pen.fillText("position by λ, the largest first", (left + width) / 2, height - 6);
  return { x, y };
}

/** Draw all eigenvalues; those with a map are larger, the chosen one is marked. */
function spectrum(canvas, { values, count }, chosen) {
  const place = context(canvas), style = getComputedStyle(canvas), { pen } = place;
  const { x, y } = spectrumAxes(place, values, style);
  values.forEach((value, i) => {
    if (value === 0) return;
    pen.beginPath();
    pen.arc(x(i), y(Math.abs(value)), i === chosen ? 7 : i < count ? 4 : 1.6, 0, 2 * Math.PI);
    const colour = style.getPropertyValue(i === chosen ? "--bad" : "--accent");
    pen.strokeStyle = pen.fillStyle = colour;
    if (value > 0) pen.fill();
    else pen.stroke();
  });
}
