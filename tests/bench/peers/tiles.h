// Products of matrices whose one side is known to the compiler, and a layer of units made of them.
#include <cstdlib>
#include <cstring>

constexpr int LANES = 8;
typedef double vec __attribute__((vector_size(8 * LANES), aligned(8)));

static double *room(long count) {  // aligned, filled with zeros
    const long bytes = (count * 8 + 63) / 64 * 64;
    return static_cast<double *>(std::memset(std::aligned_alloc(64, bytes), 0, bytes));
}

// C[r][0..V vectors) (+)= sum over k of A[r, k] B[k][0..V vectors), for R rows whose sums stay in registers.
template <int R, int V> static inline void tile(const double *A, long ar, long ak, const double *B, long bk, double *C,
                                                long cr, int K, bool add) {
    vec sum[R][V];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) sum[r][v] = add ? ((const vec *)(C + r * cr))[v] : vec{};
    for (int k = 0; k < K; k++)
        for (int r = 0; r < R; r++)
            for (int v = 0; v < V; v++) sum[r][v] += A[r * ar + k * ak] * ((const vec *)(B + k * bk))[v];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) ((vec *)(C + r * cr))[v] = sum[r][v];
}

// The same for any number of rows and for N columns, N a multiple of LANES.
template <int N> static void product(const double *A, long ar, long ak, const double *B, long bk, double *C, long cr,
                                     int rows, int K, bool add) {
    constexpr int V = N % (4 * LANES) == 0 ? 4 : N % (2 * LANES) == 0 ? 2 : 1;
    for (int j = 0; j < N; j += V * LANES) {
        int r = 0;
        for (; r + 5 <= rows; r += 5) tile<5, V>(A + r * ar, ar, ak, B + j, bk, C + r * cr + j, cr, K, add);
        for (; r + 2 <= rows; r += 2) tile<2, V>(A + r * ar, ar, ak, B + j, bk, C + r * cr + j, cr, K, add);
        for (; r < rows; r++) tile<1, V>(A + r * ar, ar, ak, B + j, bk, C + r * cr + j, cr, K, add);
    }
}

constexpr int padded(int n) { return (n + LANES - 1) / LANES * LANES; }

// A layer of N units above M values, weights by input: row m of `W` holds the weights of input m, the last the offsets.
template <int M, int N> struct Layer {
    static constexpr int WIDE = padded(N), IN = padded(M + 1);  // the length of a row of outputs, of inputs and 1
    double *W = room((M + 1) * WIDE), *dW = room((M + 1) * WIDE), *transposed = room(N * IN);
    void load(const double *theta) {
        for (int j = 0; j < N; j++)
            for (int m = 0; m <= M; m++) W[m * WIDE + j] = theta[j * (M + 1) + m];
    }
    void store(double *theta) const {
        for (int j = 0; j < N; j++)
            for (int m = 0; m <= M; m++) theta[j * (M + 1) + m] = W[m * WIDE + j];
    }
    void forward(const double *a, long in, double *z, int n) {  // inputs in rows of `in`
        product<WIDE>(a, in, 1, W, WIDE, z, WIDE, n, M + 1, false);
    }
    void gradient(const double *a, long in, const double *delta, int n, bool add) {
        product<WIDE>(a, 1, in, delta, WIDE, dW, WIDE, M + 1, n, add);
    }
    void back(const double *delta, double *below, int n) {  // rows of padded(M); what is beyond M means nothing
        product<padded(M)>(delta, WIDE, 1, transposed, IN, below, padded(M), n, N, false);
    }
    void transpose() {
        for (int j = 0; j < N; j++)
            for (int m = 0; m < M; m++) transposed[j * IN + m] = W[m * WIDE + j];
    }
    void step(double step_size) {
        for (int i = 0; i < (M + 1) * WIDE; i++) W[i] -= step_size * dW[i];
    }
};
