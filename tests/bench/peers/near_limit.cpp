// How fast could it be? The benchmark's nets, one function for each kind, sizes known to the compiler, one run (or eight
// lanes of runs) at a time in the first-level cache. No libraries: products are tiles of vectors held in registers
// (tiles.h). tanh and exp are the C library's vector forms, which -ffast-math lets the compiler call, or with -DBY_HAND
// those below.
//
//   near_limit <workload> <file given> <file for theta>      prints the CPU seconds that training took
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>

#include "tiles.h"

struct Given {
    long runs, steps, n, batch;
    double step_size;
    double *X, *Y, *theta;  // (inputs, n), (outputs, n), (runs, parameters)
    int *order;             // (runs, steps, batch)
};

#ifdef BY_HAND
// 2^k times a Taylor polynomial on |r| <= ln(2) / 2, for |x| < 700, within 2e-16.
static inline double exponential(double x) {
    const double k = std::nearbyint(x * 1.4426950408889634);
    const double r = (x - k * 0.69314718036912382) - k * 1.9082149292705877e-10;
    double sum = 1.0 / 6227020800.0;
    for (double factorial : {479001600., 39916800., 3628800., 362880., 40320., 5040., 720., 120., 24., 6., 2., 1., 1.})
        sum = sum * r + 1.0 / factorial;
    const std::int64_t bits = (std::int64_t(k) + 1023) << 52;
    double power;
    std::memcpy(&power, &bits, 8);
    return sum * power;
}
static inline double clamp(double z, double most) { return z < -most ? -most : z > most ? most : z; }
static inline double sigmoid(double z) { return 1.0 / (1.0 + exponential(clamp(-z, 700.0))); }
static inline double hyperbolic(double z) { return 1.0 - 2.0 / (1.0 + exponential(2.0 * clamp(z, 20.0))); }
#else
static inline double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }
static inline double hyperbolic(double z) { return std::tanh(z); }
#endif

// One hidden layer of tanh, one sigmoid under nll, all N examples at each step; examples are contiguous.
template <int M, int H, int N> void full_batch(const Given &g) {
    constexpr int P = H * (M + 1) + H + 1;
    alignas(64) double x[M][N], y[N], a[H][N], delta[N];
    std::memcpy(x, g.X, sizeof x), std::memcpy(y, g.Y, sizeof y);
    for (long run = 0; run < g.runs; run++) {
        double theta[P], gradient[P], *V = theta + H * (M + 1), *dV = gradient + H * (M + 1);
        std::memcpy(theta, g.theta + run * P, sizeof theta);
        for (long t = 0; t < g.steps; t++) {
            for (int h = 0; h < H; h++) {
                const double *w = theta + h * (M + 1);
#pragma omp simd
                for (int e = 0; e < N; e++) {
                    double z = w[M];
                    for (int m = 0; m < M; m++) z += w[m] * x[m][e];
                    a[h][e] = hyperbolic(z);
                }
            }
            double offset = 0.0;
#pragma omp simd reduction(+ : offset)
            for (int e = 0; e < N; e++) {
                double z = V[H];
                for (int h = 0; h < H; h++) z += V[h] * a[h][e];
                delta[e] = (sigmoid(z) - y[e]) * (1.0 / N);
                offset += delta[e];
            }
            dV[H] = offset;
            for (int h = 0; h < H; h++) {
                double s = 0.0, s0 = 0.0, s1 = 0.0, s2 = 0.0, *dw = gradient + h * (M + 1);
#pragma omp simd reduction(+ : s, s0, s1, s2)
                for (int e = 0; e < N; e++) {
                    const double unit = a[h][e], below = delta[e] * (1.0 - unit * unit);
                    s += delta[e] * unit, s0 += below * x[0][e], s1 += below * x[1][e], s2 += below;
                }
                dV[h] = s, dw[0] = s0 * V[h], dw[1] = s1 * V[h], dw[2] = s2 * V[h];
            }
            for (int p = 0; p < P; p++) theta[p] -= g.step_size * gradient[p];
        }
        std::memcpy(g.theta + run * P, theta, sizeof theta);
    }
}

// The same net on one example at a time, each run its own: L runs side by side, one a lane.
template <int M, int H, int L> void single_points(const Given &g, long first) {
    constexpr int P = H * (M + 1) + H + 1;
    alignas(64) double theta[P][L], a[H][L], x[M][L], y[L], delta[L];
    for (int p = 0; p < P; p++)
        for (int l = 0; l < L; l++) theta[p][l] = g.theta[(first + l) * P + p];
    for (long t = 0; t < g.steps; t++) {
        for (int l = 0; l < L; l++) {
            const int chosen = g.order[(first + l) * g.steps + t];
            for (int m = 0; m < M; m++) x[m][l] = g.X[m * g.n + chosen];
            y[l] = g.Y[chosen];
        }
        for (int h = 0; h < H; h++)
#pragma omp simd
            for (int l = 0; l < L; l++) {
                double z = theta[h * (M + 1) + M][l];
                for (int m = 0; m < M; m++) z += theta[h * (M + 1) + m][l] * x[m][l];
                a[h][l] = hyperbolic(z);
            }
        double(*V)[L] = theta + H * (M + 1);
#pragma omp simd
        for (int l = 0; l < L; l++) {
            double z = V[H][l];
            for (int h = 0; h < H; h++) z += V[h][l] * a[h][l];
            delta[l] = g.step_size * (sigmoid(z) - y[l]);
            V[H][l] -= delta[l];
        }
        for (int h = 0; h < H; h++)
#pragma omp simd
            for (int l = 0; l < L; l++) {
                const double below = delta[l] * V[h][l] * (1.0 - a[h][l] * a[h][l]);
                V[h][l] -= delta[l] * a[h][l];
                for (int m = 0; m < M; m++) theta[h * (M + 1) + m][l] -= below * x[m][l];
                theta[h * (M + 1) + M][l] -= below;
            }
    }
    for (int p = 0; p < P; p++)
        for (int l = 0; l < L; l++) g.theta[(first + l) * P + p] = theta[p][l];
}

// Two hidden layers of relu; one sigmoid under nll, or softmax. The units of an example are contiguous, C examples at
// a time.
template <int M, int H, int K, int C> struct Deep {
    Layer<M, H> first;
    Layer<H, H> second;
    Layer<H, K> last;
    static constexpr int IN0 = Layer<M, H>::IN, IN = Layer<H, H>::IN, OUT = Layer<H, K>::WIDE, ROW = IN0 + K;
    static constexpr int P = H * (M + 1) + H * (H + 1) + K * (H + 1);
    double *z = room(C * H), *a1 = room(C * IN), *a2 = room(C * IN), *out = room(C * OUT);
    double *d1 = room(C * H), *d2 = room(C * H), *drawn = room(C * ROW);

    static void relu(const double *z, double *a, int n) {
        for (int e = 0; e < n; e++, a += IN, z += H) {
            for (int v = 0; v < H / LANES; v++) ((vec *)a)[v] = ((vec *)z)[v] > 0.0 ? ((vec *)z)[v] : vec{};
            a[H] = 1.0;
        }
    }
    static void mask(double *delta, const double *a, int n) {
        for (int e = 0; e < n; e++, a += IN, delta += H)
            for (int v = 0; v < H / LANES; v++) ((vec *)delta)[v] = ((vec *)a)[v] > 0.0 ? ((vec *)delta)[v] : vec{};
    }
    void residual(const double *y, int n, double scale) {  // out becomes dJ/dz
        for (int e = 0; e < n; e++, y += ROW) {
            double *row = out + e * OUT, top = row[0], total = 0.0;
            if (K == 1) {
                row[0] = scale * (sigmoid(row[0]) - y[0]);
                continue;
            }
            for (int k = 1; k < K; k++) top = row[k] > top ? row[k] : top;
            for (int k = 0; k < K; k++) total += row[k] = std::exp(row[k] - top);
            for (int k = 0; k < K; k++) row[k] = scale * (row[k] / total - y[k]);
        }
    }
    void examples(const double *x, int n, double scale, bool add) {  // the gradient on n examples, added if asked
        first.forward(x, ROW, z, n), relu(z, a1, n);
        second.forward(a1, IN, z, n), relu(z, a2, n);
        last.forward(a2, IN, out, n);
        residual(x + IN0, n, scale);
        last.gradient(a2, IN, out, n, add);
        last.back(out, d2, n), mask(d2, a2, n);
        second.gradient(a1, IN, d2, n, add);
        second.back(d2, d1, n), mask(d1, a1, n);
        first.gradient(x, ROW, d1, n, add);
    }
    void step(const Given &g, const double *rows, const int *chosen) {
        second.transpose(), last.transpose();
        for (int start = 0; start < g.batch; start += C) {
            const int n = g.batch - start < C ? g.batch - start : C;
            for (int e = 0; chosen && e < n; e++)
                std::memcpy(drawn + e * ROW, rows + chosen[start + e] * ROW, 8 * ROW);
            examples(chosen ? drawn : rows + start * ROW, n, 1.0 / g.batch, start > 0);
        }
        first.step(g.step_size), second.step(g.step_size), last.step(g.step_size);
    }
    void train(const Given &g) {
        double *rows = room(g.n * ROW);  // an example is its inputs, 1, its targets
        for (int e = 0; e < g.n; e++) {
            for (int m = 0; m < M; m++) rows[e * ROW + m] = g.X[m * g.n + e];
            for (int k = 0; k < K; k++) rows[e * ROW + IN0 + k] = g.Y[k * g.n + e];
            rows[e * ROW + M] = 1.0;
        }
        for (long run = 0; run < g.runs; run++) {
            double *theta = g.theta + run * P, *theta2 = theta + H * (M + 1), *theta3 = theta2 + H * (H + 1);
            first.load(theta), second.load(theta2), last.load(theta3);
            for (long t = 0; t < g.steps; t++)
                step(g, rows, g.order ? g.order + (run * g.steps + t) * g.batch : nullptr);
            first.store(theta), second.store(theta2), last.store(theta3);
        }
    }
};

static void train(char workload, const Given &g) {
    if (workload == 'a') full_batch<2, 8, 200>(g);
    if (workload == 'b') Deep<2, 32, 1, 64>().train(g);
    if (workload == 'c') Deep<20, 128, 10, 64>().train(g);
    if (workload == 'e') Deep<2, 32, 1, 32>().train(g);
    if (workload != 'd') return;
    long run = 0;
    for (; run + LANES <= g.runs; run += LANES) single_points<2, 8, LANES>(g, run);
    for (; run < g.runs; run++) single_points<2, 8, 1>(g, run);
}

int main(int, char **arguments) {
    const char workload = arguments[1][0];
    const long inputs = workload == 'c' ? 20 : 2, outputs = workload == 'c' ? 10 : 1;
    FILE *file = std::fopen(arguments[2], "rb");
    Given g;
    if (std::fread(&g, 8, 5, file) != 5) return 1;  // four counts and the step size
    const long parameters = workload == 'c' ? 20490 : workload == 'b' || workload == 'e' ? 1185 : 33;
    g.X = room(inputs * g.n), g.Y = room(outputs * g.n), g.theta = room(g.runs * parameters);
    long read = std::fread(g.X, 8, inputs * g.n, file) + std::fread(g.Y, 8, outputs * g.n, file);
    read += std::fread(g.theta, 8, g.runs * parameters, file);
    g.order = nullptr;
    if (workload == 'd' || workload == 'e') {
        g.order = static_cast<int *>(std::malloc(4 * g.runs * g.steps * g.batch));
        read += std::fread(g.order, 4, g.runs * g.steps * g.batch, file);
    }
    std::fclose(file);
    const std::clock_t start = std::clock();
    train(workload, g);
    std::printf("%.6f\n", double(std::clock() - start) / CLOCKS_PER_SEC);
    file = std::fopen(arguments[3], "wb");
    std::fwrite(g.theta, 8, g.runs * parameters, file);
    std::fclose(file);
}
