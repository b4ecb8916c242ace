// the explorer: draws the maps that stand in the page as data; nothing is loaded
const CHOICES = ["dataset", "training", "seed"];
const STEPS = 65535; // of a place, from one end of the window to the other
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class Explorer {
  constructor(root, { runs, levels, colours, classColours }) {
    const hexadecimal = (six) => six.match(/../g).map((two) => parseInt(two, 16));
    this.colours = colours.match(/.{6}/g).map(hexadecimal); // of the levels from −128 on
    Object.assign(this, { root, runs, levels, classColours, turn: 0 });
    this.form = this.find("form");
    this.map = this.find(".map");
    this.listen();
    root.hidden = false;
    this.choose();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Which eigenvector, from 0. */
  get index() {
    return Number(this.form.eigenvector.value);
  }

  /** 0 for cosines, 1 for scalar products. */
  get measure() {
    return Number(this.form.measure.value);
  }

  listen() {
    const { form, map } = this, drawn = (draw) => () => this.run && draw();
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) =>
      (CHOICES.includes(target.name) ? this.choose() : this.run && this.draw()));
    map.addEventListener("pointermove", ({ clientX, clientY }) => {
      if (!this.run) return;
      const { left, top, width, height } = map.getBoundingClientRect();
      const [across, up] = [(clientX - left) / width, 1 - (clientY - top) / height];
      this.move(Math.round(across * (this.run.width - 1)), Math.round(up * (this.run.height - 1)));
    });
    map.addEventListener("keydown", (event) => {
      if (!this.run || !ARROWS[event.key]) return;
      event.preventDefault(); // or the page scrolls
      const [right, up] = ARROWS[event.key];
      this.move(this.cursor[0] + right, this.cursor[1] + up);
    });
    for (const name of ["focus", "blur"]) map.addEventListener(name, drawn(() => this.drawMap()));
    addEventListener("resize", drawn(() => this.draw()));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", drawn(() => this.draw()));
  }

  /** Offer pairs of text and value; what was chosen before stays so if it is among them. */
  offer(name, options) {
    const select = this.form[name], before = select.value;
    select.replaceChildren(...options.map(([text, value]) => new Option(text, value)));
    if (options.some(([, value]) => String(value) === before)) select.value = before;
  }

  /** Offer what there is of the chosen data set and training, and show the run. */
  async choose() {
    let fitting = this.runs;
    for (const name of CHOICES) {
      const values = [...new Set(fitting.map((one) => one[name]))];
      this.offer(name, values.map((value) => [value, value]));
      fitting = fitting.filter((one) => String(one[name]) === this.form[name].value);
    }
    const turn = ++this.turn, run = await unpack(fitting[0]);
    if (turn !== this.turn) return; // another was chosen meanwhile
    this.run = run;
    this.cursor = [Math.floor(run.width / 2), Math.floor(run.height / 2)];
    const positions = [...Array(run.count).keys()];
    this.offer("eigenvector", positions.map((i) => [`${i + 1}: λ = ${number(run.values[i])}`, i]));
    this.legend();
    this.draw();
  }

  /** The level at a grid point. */
  level(column, row) {
    const { maps, width, height } = this.run;
    return maps[this.measure][(this.index * height + row) * width + column];
  }

  legend() {
    this.find(".classes").replaceChildren(...this.run.classes.map((name, label) => {
      const sign = Object.assign(document.createElement("canvas"), { width: 14, height: 14 });
      marker(sign.getContext("2d"), label, this.classColours, 7, 7, 5);
      const item = document.createElement("li");
      item.append(sign, ` ${name}`);
      return item;
    }));
  }

  drawMap() {
    const { pen, width, height } = context(this.map), { run, cursor } = this;
    const place = (axis) => (steps) => [width, height][axis] * Math.abs(axis - steps / STEPS);
    const [x, y] = [place(0), place(1)]; // y grows upwards
    const image = levelImage((...at) => this.level(...at), run.width, run.height, this.colours);
    pen.imageSmoothingEnabled = false;
    // pixels are centred on the grid's points, and the window ends at the outer ones
    pen.drawImage(image, 0.5, 0.5, run.width - 1, run.height - 1, 0, 0, width, height);
    Object.assign(pen, { lineWidth: 1.5, lineCap: "round" });
    pen.beginPath();
    for (let i = 0; i < run.pieces.length; i += 4) {
      pen.moveTo(x(run.pieces[i]), y(run.pieces[i + 1]));
      pen.lineTo(x(run.pieces[i + 2]), y(run.pieces[i + 3]));
    }
    pen.stroke();
    pen.lineWidth = 0.75;
    run.labels.forEach((label, i) => {
      marker(pen, label, this.classColours, x(run.points[2 * i]), y(run.points[2 * i + 1]), 4);
    });
    if (document.activeElement !== this.map) return;
    const [across, up] = [cursor[0] / (run.width - 1), cursor[1] / (run.height - 1)];
    pen.strokeRect(across * width - 5, (1 - up) * height - 5, 10, 10);
  }

  drawBar() {
    const { pen, width, height } = context(this.find(".bar canvas")), { levels } = this;
    const bar = levelImage((column) => column - levels, 2 * levels + 1, 1, this.colours);
    pen.drawImage(bar, 0, 0, width, height);
  }

  draw() {
    this.drawMap();
    this.drawBar();
    spectrum(this.find(".spectrum"), this.run, this.index);
    this.say();
  }

  /** Say in words what is drawn, for those who do not see it and for those who do. */
  say() {
    const { run, index } = this, eigenvalues = this.eigenvalues();
    const boundary = run.untraced
      ? "The boundary, not traced exactly for this network, is where predictions on the grid differ"
      : `${run.pieces.length / 4} pieces of the exact boundary`;
    const text = `${run.dataset}, ${run.training}, seed ${run.seed}: eigenvector ${index + 1} of `
      + `${run.count} with a map, ${this.measure ? "scalar product" : "cosine"} `
      + `${this.range()}. ${boundary}. ${eigenvalues}.`;
    this.find(".said").textContent = text;
    this.map.setAttribute("aria-label", `Map. ${text}`);
    this.find(".spectrum").setAttribute("aria-label",
      `Spectrum. Eigenvalue ${index + 1} is ${number(run.values[index])}. ${eigenvalues}.`);
  }

  /** Say between what the values of the map lie. */
  range() {
    const { run, index, levels } = this, size = run.width * run.height;
    const here = run.maps[this.measure].subarray(index * size, (index + 1) * size);
    const known = [...here.filter((level) => level >= -levels)];
    if (!known.length) return "defined nowhere";
    const ends = [Math.min, Math.max].map((of) => known.reduce((a, b) => of(a, b)));
    return `from ${ends.map((level) => number(level / levels, 2)).join(" to ")}`;
  }

  eigenvalues() {
    const { values, zeros, unknown } = this.run;
    if (unknown < 0) return "Only the eigenvalues with a map are shown";
    const further = unknown > 0 ? `, ${unknown} are not known` : "";
    return `Of the eigenvalues ${values.length} are shown, ${zeros} are zero${further}`;
  }

  /** Move the cursor to a grid point of the map and say what is there. */
  move(column, row) {
    const { run, levels } = this, sizes = [run.width, run.height];
    this.cursor = [column, row].map((at, axis) => Math.min(Math.max(at, 0), sizes[axis] - 1));
    const [x, y] = this.cursor.map((at, axis) => {
      const [low, high] = run.window[axis];
      return number(low + (at / (sizes[axis] - 1)) * (high - low), 3);
    });
    const found = this.level(...this.cursor), cut = this.measure && Math.abs(found) === levels;
    const value = found < -levels ? "no direction" : number(found / levels, 2);
    this.find(".reading").textContent = `x = ${x}, y = ${y}: ${value}${cut ? " or beyond" : ""}`;
    this.drawMap();
  }
}

const mapData = document.getElementById("explorer-data");
if (mapData) new Explorer(document.querySelector(".explorer"), JSON.parse(mapData.textContent));
