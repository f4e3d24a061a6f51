/* Plain descent on small nets, batches of a few examples: element by element with runs last, LANES of them at a time.

Every lane does the same by itself, so a run's numbers do not depend on its neighbours. */

#include "net.h"

#define LANES 64

static void lane_sums(const double *restrict W, int64_t m, int64_t n, int64_t offsets, const double *restrict below,
                      double *restrict z) {
    for (int64_t j = 0; j < n; j++, z += LANES) {
        const double *row = W + j * (m + offsets) * LANES;
        double sum[LANES];
        for (int b = 0; b < LANES; b++) sum[b] = offsets ? row[m * LANES + b] : 0.0;
        for (int64_t k = 0; k < m; k++)
            for (int b = 0; b < LANES; b++) sum[b] += row[k * LANES + b] * below[k * LANES + b];
        memcpy(z, sum, sizeof sum);
    }
}

static void lane_back(const double *restrict W, int64_t m, int64_t n, int64_t offsets, const double *restrict delta,
                      double *restrict below) {
    for (int64_t k = 0; k < m; k++) {
        double sum[LANES] = {0.0};
        for (int64_t j = 0; j < n; j++)
            for (int b = 0; b < LANES; b++) sum[b] += W[(j * (m + offsets) + k) * LANES + b] * delta[j * LANES + b];
        memcpy(below + k * LANES, sum, sizeof sum);
    }
}

static void lane_outer(double *restrict G, int64_t m, int64_t n, int64_t offsets, const double *restrict delta,
                       const double *restrict below, int add) {
    for (int64_t j = 0; j < n; j++, delta += LANES) {
        for (int64_t k = 0; k < m; k++, G += LANES)
            for (int b = 0; b < LANES; b++) G[b] = (add ? G[b] : 0.0) + delta[b] * below[k * LANES + b];
        if (offsets) {
            for (int b = 0; b < LANES; b++) G[b] = (add ? G[b] : 0.0) + delta[b];
            G += LANES;
        }
    }
}

static void lane_gradient(const Net *net, const double *W, double *G, double **a, double **delta, double *z, double *y,
                          double *top, const double *scale, int add) {
    const int64_t *s = net->sizes, L = net->layers;
    for (int64_t i = 0; i < L; i++) {
        lane_sums(W, s[i], s[i + 1], net->offsets, a[i], z);
        if (i + 1 < L) activate(net->codes[i], net->leaks[i], z, a[i + 1], s[i + 1] * LANES);
        W += s[i + 1] * (s[i] + net->offsets) * LANES;
        G += s[i + 1] * (s[i] + net->offsets) * LANES;
    }
    loss_slope(net->loss, z, y, delta[L], top, s[L], LANES);
    for (int64_t k = 0; k < s[L]; k++)
        for (int b = 0; b < LANES; b++) delta[L][k * LANES + b] *= scale[b];
    for (int64_t i = L - 1; i >= 0; i--) {
        W -= s[i + 1] * (s[i] + net->offsets) * LANES;
        G -= s[i + 1] * (s[i] + net->offsets) * LANES;
        if (i) {
            lane_back(W, s[i], s[i + 1], net->offsets, delta[i + 1], delta[i]);
            times_slope(net->codes[i - 1], net->leaks[i - 1], a[i], delta[i], s[i] * LANES);
        }
        lane_outer(G, s[i], s[i + 1], net->offsets, delta[i + 1], a[i], add);
    }
}

static void lane_update(const Net *net, double *restrict W, const double *restrict G, const double *scale, const double *l2,
                        const double *l1, int pulled) {
    for (int64_t p = 0; p < net->parameters; p++, W += LANES, G += LANES)
        if (pulled && net->penalized[p])
            for (int b = 0; b < LANES; b++) W[b] += G[b] + scale[b] * (l2[b] * W[b] + l1[b] * sign(W[b]));
        else
            for (int b = 0; b < LANES; b++) W[b] += G[b];
}

/* theta (parameters, runs) is moved by `steps` steps; order (steps, runs, batch), step_sizes (steps, runs); l2, l1 (runs). */
void lanes(const Net *net, double *theta, int64_t runs, const int64_t *order, int64_t batch, const double *step_sizes,
           int64_t steps, const double *l2, const double *l1) {
    int64_t L = net->layers, most = widest(net), P = net->parameters, n = net->examples;
    double *a[L + 1], *delta[L + 1], *W = numbers(P * LANES), *G = numbers(P * LANES);
    double *z = numbers(most * LANES), *y = numbers(most * LANES), *top = numbers(LANES);
    double scale[LANES], share[LANES], pull2[LANES], pull1[LANES];
    for (int64_t i = 0; i <= L; i++) a[i] = numbers(most * LANES), delta[i] = numbers(most * LANES);
    for (int64_t start = 0; start < runs; start += LANES) {
        int pulled = 0;
        for (int b = 0; b < LANES; b++) {
            int64_t run = start + b < runs ? start + b : runs - 1; /* what is left over is filled up with the last run */
            pull2[b] = l2[run], pull1[b] = l1[run];
            pulled |= pull2[b] > 0.0 || pull1[b] > 0.0;
            for (int64_t p = 0; p < P; p++) W[p * LANES + b] = theta[p * runs + run];
        }
        for (int64_t t = 0; t < steps; t++) {
            for (int64_t i = 0; i < batch; i++) {
                for (int b = 0; b < LANES; b++) {
                    int64_t run = start + b < runs ? start + b : runs - 1, e = order[(t * runs + run) * batch + i];
                    scale[b] = -step_sizes[t * runs + run], share[b] = scale[b] / batch;
                    for (int64_t k = 0; k < net->sizes[0]; k++) a[0][k * LANES + b] = net->X[k * n + e];
                    for (int64_t k = 0; k < net->sizes[L]; k++) y[k * LANES + b] = net->Y[k * n + e];
                }
                lane_gradient(net, W, G, a, delta, z, y, top, share, i > 0);
            }
            lane_update(net, W, G, scale, pull2, pull1, pulled);
        }
        for (int b = 0; b < LANES && start + b < runs; b++)
            for (int64_t p = 0; p < P; p++) theta[p * runs + start + b] = W[p * LANES + b];
    }
    for (int64_t i = 0; i <= L; i++) free(a[i]), free(delta[i]);
    free(W), free(G), free(z), free(y), free(top);
}
