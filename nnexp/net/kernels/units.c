/* Plain descent on nets of broad layers, one run at a time with units last: an example is a row of a layer's numbers, so
that the product forward, the one backward and the gradient all run along units in register tiles, and nothing but weights
is ever turned over. theta is taken apart into layers once a call, and moves by -step_size * (gradient + penalty). */

#include "sums.h"

#define CHUNK 64 /* examples that go through at once */
#define INLINE static inline __attribute__((always_inline))

#ifdef __AVX512F__ /* how many sums fit in the registers: rows, and vectors of each */
#define TALL 6
#define BROAD 4
#else
#define TALL 5
#define BROAD 1
#endif

/* A layer's weights, input by input with a row of offsets last, (m + offsets, broad); those above the first also unit by
   unit, (n, broad of the layer below); their gradient; and what examples come to: z, a, and dJ/dz, (CHUNK, broad). */
typedef struct {
    int64_t m, n, broad;
    double *W, *turned, *G, *z, *a, *delta;
} Layer;

static int64_t padded(int64_t n) { return (n + WIDE - 1) / WIDE * WIDE; }

/* out[r] = start[r * apart] + sum over k of A[r * ar + k * ak] * B[k], for `tall` rows of `broad` vectors. */
INLINE void tile(int tall, int broad, const double *A, int64_t ar, int64_t ak, const double *B, int64_t bk, int64_t inner,
                 const double *start, int64_t apart, double *out, int64_t down) {
    vec sum[TALL][BROAD];
#pragma GCC unroll 8
    for (int r = 0; r < tall; r++)
#pragma GCC unroll 8
        for (int v = 0; v < broad; v++) sum[r][v] = start ? ((const loose *)(start + r * apart))[v] : (vec){0};
    for (int64_t k = 0; k < inner; k++)
#pragma GCC unroll 8
        for (int r = 0; r < tall; r++)
#pragma GCC unroll 8
            for (int v = 0; v < broad; v++) sum[r][v] += A[r * ar + k * ak] * ((const loose *)(B + k * bk))[v];
#pragma GCC unroll 8
    for (int r = 0; r < tall; r++)
#pragma GCC unroll 8
        for (int v = 0; v < broad; v++) ((loose *)(out + r * down))[v] = sum[r][v];
}

/* The same for any number of rows. */
INLINE void strip(int broad, const double *A, int64_t ar, int64_t ak, const double *B, int64_t bk, int64_t inner,
                  const double *start, int64_t apart, double *out, int64_t down, int64_t rows) {
    int64_t r = 0;
#define STEP(HIGH)                                                                                                       \
    for (; r + HIGH <= rows; r += HIGH)                                                                                  \
        tile(HIGH, broad, A + r * ar, ar, ak, B, bk, inner, start ? start + r * apart : 0, apart, out + r * down, down)
    STEP(TALL);
    STEP(4);
    STEP(2);
    STEP(1);
}

/* The same for any number of columns, a multiple of WIDE. */
static void product(const double *A, int64_t ar, int64_t ak, const double *B, int64_t bk, int64_t inner, const double *start,
                    int64_t apart, double *out, int64_t down, int64_t rows, int64_t columns) {
    int64_t j = 0;
#define ACROSS(VECTORS)                                                                                                  \
    for (; j + VECTORS * WIDE <= columns; j += VECTORS * WIDE)                                                           \
        strip(VECTORS, A, ar, ak, B + j, bk, inner, start ? start + j : 0, apart, out + j, down, rows)
    ACROSS(BROAD);
#if BROAD > 2
    ACROSS(2);
#endif
#if BROAD > 1
    ACROSS(1);
#endif
}

static Layer *layers_of(const Net *net) {
    Layer *layers = malloc(sizeof(Layer) * net->layers);
    for (int64_t i = 0; i < net->layers; i++) {
        int64_t m = net->sizes[i], n = net->sizes[i + 1], broad = padded(n), weights = (m + net->offsets) * broad;
        layers[i] = (Layer){m, n, broad, numbers(weights), numbers(n * padded(m)), numbers(weights),
                            numbers(CHUNK * broad), numbers(CHUNK * broad), numbers(CHUNK * broad)};
        memset(layers[i].W, 0, 8 * weights), memset(layers[i].turned, 0, 8 * n * padded(m));
        memset(layers[i].G, 0, 8 * weights);
    }
    return layers;
}

static void free_layers(Layer *layers, int64_t count) {
    for (Layer *layer = layers; layer < layers + count; layer++)
        free(layer->W), free(layer->turned), free(layer->G), free(layer->z), free(layer->a), free(layer->delta);
    free(layers);
}

static void load(const Net *net, Layer *layers, const double *theta) {
    for (Layer *layer = layers; layer < layers + net->layers; layer++)
        for (int64_t j = 0; j < layer->n; j++)
            for (int64_t k = 0; k < layer->m + net->offsets; k++) layer->W[k * layer->broad + j] = *theta++;
}

static void store(const Net *net, const Layer *layers, double *theta) {
    for (const Layer *layer = layers; layer < layers + net->layers; layer++)
        for (int64_t j = 0; j < layer->n; j++)
            for (int64_t k = 0; k < layer->m + net->offsets; k++) *theta++ = layer->W[k * layer->broad + j];
}

static void turn_over(Layer *layer) {
    int64_t down = padded(layer->m);
    for (int64_t j = 0; j < layer->n; j++)
        for (int64_t k = 0; k < layer->m; k++) layer->turned[j * down + k] = layer->W[k * layer->broad + j];
}

/* dL/dz of `count` examples, times scale; 0 beyond the outputs. */
static void residual(const Net *net, const Layer *last, const double *Y, double scale, int64_t count) {
    int64_t n = last->n, broad = last->broad;
    double *z = last->z, *delta = last->delta, top;
    if (net->loss == SOFTMAX_NLL)
        for (int64_t e = 0; e < count; e++) {
            double sum = 0.0;
            top = z[e * broad];
            for (int64_t k = 1; k < n; k++) top = z[e * broad + k] > top ? z[e * broad + k] : top;
            for (int64_t k = 0; k < broad; k++) delta[e * broad + k] = exp_of(within(z[e * broad + k] - top, -708.0, 0.0));
            for (int64_t k = 0; k < n; k++) sum += delta[e * broad + k];
            for (int64_t k = 0; k < broad; k++) delta[e * broad + k] = delta[e * broad + k] / sum - Y[e * broad + k];
        }
    else
        loss_slope(net->loss, z, Y, delta, 0, 1, count * broad);
    for (int64_t e = 0; e < count; e++)
        for (int64_t k = 0; k < broad; k++) delta[e * broad + k] = k < n ? delta[e * broad + k] * scale : 0.0;
}

/* What the last layer's z of `count` examples add to the sums in `found`. */
static void add_chunk(const Net *net, const Layer *last, const double *Y, int64_t count, double *found) {
    double z[last->n * CHUNK], y[last->n * CHUNK], room[CHUNK];
    for (int64_t k = 0; k < last->n; k++)
        for (int64_t e = 0; e < CHUNK; e++) {
            z[k * CHUNK + e] = e < count ? last->z[e * last->broad + k] : 0.0;
            y[k * CHUNK + e] = e < count ? Y[e * last->broad + k] : 0.0;
        }
    add_sums(net, z, y, room, CHUNK, count, found);
}

/* Add the gradient on `count` examples, X and Y an example a row, times scale; and where asked for, to the sums in `found`. */
static void chunk_gradient(const Net *net, Layer *layers, const double *X, const double *Y, double scale, int64_t count,
                           double *found) {
    int64_t L = net->layers, o = net->offsets;
    for (int64_t i = 0; i < L; i++) {
        Layer *layer = layers + i;
        int64_t down = padded(layer->m), broad = layer->broad;
        product(i ? layer[-1].a : X, down, 1, layer->W, broad, layer->m, o ? layer->W + layer->m * broad : 0, 0, layer->z,
                broad, count, broad);
        if (i + 1 < L) activate(net->codes[i], net->leaks[i], layer->z, layer->a, count * broad);
    }
    if (found) add_chunk(net, layers + L - 1, Y, count, found);
    residual(net, layers + L - 1, Y, scale, count);
    for (int64_t i = L - 1; i >= 0; i--) {
        Layer *layer = layers + i;
        int64_t down = padded(layer->m), broad = layer->broad;
        double *offsets = layer->G + layer->m * broad;
        product(i ? layer[-1].a : X, 1, down, layer->delta, broad, count, layer->G, broad, layer->G, broad, layer->m, broad);
        for (int64_t e = 0; o && e < count; e++)
            for (int64_t j = 0; j < broad; j++) offsets[j] += layer->delta[e * broad + j];
        if (i == 0) break;
        product(layer->delta, broad, 1, layer->turned, down, layer->n, 0, 0, layer[-1].delta, down, count, down);
        times_slope(net->codes[i - 1], net->leaks[i - 1], layer[-1].a, layer[-1].delta, count * down);
    }
}

static void update(const Net *net, Layer *layers, double scale, double l2, double l1) {
    const uint8_t *penalized = net->penalized; /* what holds for a layer's first unit holds for all */
    for (Layer *layer = layers; layer < layers + net->layers; penalized += layer->n * (layer->m + net->offsets), layer++)
        for (int64_t k = 0; k < layer->m + net->offsets; k++) {
            double *W = layer->W + k * layer->broad, *G = layer->G + k * layer->broad;
            if (penalized[k] && (l2 > 0.0 || l1 > 0.0))
                for (int64_t j = 0; j < layer->broad; j++) W[j] += G[j] + scale * (l2 * W[j] + l1 * sign(W[j]));
            else
                for (int64_t j = 0; j < layer->broad; j++) W[j] += G[j];
            memset(G, 0, 8 * layer->broad);
        }
}

/* (rows, n) with an example a row, `broad` apart, zeros behind. */
static double *by_example(const double *from, int64_t rows, int64_t n) {
    int64_t broad = padded(rows);
    double *turned = memset(numbers(n * broad), 0, 8 * n * broad);
    for (int64_t k = 0; k < rows; k++)
        for (int64_t e = 0; e < n; e++) turned[e * broad + k] = from[k * n + e];
    return turned;
}

/* theta (runs, parameters) is moved by `steps` steps; order (steps, runs, batch), or batch 0 where each sees all examples;
   then `found` (runs, 4), if given, becomes what add_sums adds up at the start. */
void units(const Net *net, double *theta, int64_t runs, const int64_t *order, int64_t batch, const double *step_sizes,
           int64_t steps, const double *l2, const double *l1, double *found) {
    int64_t n = net->examples, L = net->layers, seen = batch ? batch : n, in = padded(net->sizes[0]), out = padded(net->sizes[L]);
    double *X = by_example(net->X, net->sizes[0], n), *Y = by_example(net->Y, net->sizes[L], n);
    double *x = numbers(CHUNK * in), *y = numbers(CHUNK * out);
    Layer *layers = layers_of(net);
    if (found) memset(found, 0, 32 * runs);
    for (int64_t run = 0; run < runs; run++, theta += net->parameters) {
        load(net, layers, theta);
        for (int64_t t = 0; t < steps; t++) {
            double scale = -step_sizes[t * runs + run];
            const int64_t *chosen = batch ? order + (t * runs + run) * batch : 0;
            for (int64_t i = 1; i < L; i++) turn_over(layers + i);
            for (int64_t first = 0; first < seen; first += CHUNK) {
                int64_t count = seen - first < CHUNK ? seen - first : CHUNK;
                for (int64_t e = 0; chosen && e < count; e++) {
                    memcpy(x + e * in, X + chosen[first + e] * in, 8 * in);
                    memcpy(y + e * out, Y + chosen[first + e] * out, 8 * out);
                }
                chunk_gradient(net, layers, chosen ? x : X + first * in, chosen ? y : Y + first * out, scale / seen, count,
                               found && t == 0 ? found + 4 * run : 0);
            }
            update(net, layers, scale, l2[run], l1[run]);
        }
        store(net, layers, theta);
    }
    free_layers(layers, L), free(X), free(Y), free(x), free(y);
}
