"""The installed libraries that Tally links: name of the Bazel repository -> (pkg-config modules, linker flags)."""

PACKAGES = {
    # Status, strings, containers, time (libabsl-dev 20220623).
    "absl": ([
        "absl_base",
        "absl_cleanup",
        "absl_flat_hash_map",
        "absl_flat_hash_set",
        "absl_int128",
        "absl_span",
        "absl_status",
        "absl_statusor",
        "absl_str_format",
        "absl_strings",
        "absl_synchronization",
        "absl_time",
    ], []),
    # Google Benchmark (libbenchmark-dev 1.7).
    "benchmark": ([], ["-lbenchmark", "-lbenchmark_main", "-lpthread"]),
    # The headers that c10d's Gloo process group includes; the code is in LibTorch (libgloo-dev; headers only).
    "gloo": ([], []),
    # Exact arithmetic of any size: the oracle that tests and `datagen check` compare with (libgmp-dev).
    "gmp": ([], ["-lgmp"]),
    # GoogleTest and GoogleMock with a main function (libgtest-dev, libgmock-dev 1.12).
    "googletest": (["gmock_main"], []),
    # SIMD kernels whose instructions are chosen at run time (libhwy-dev 1.0.3).
    "highway": (["libhwy"], []),
    # Zip archives of problems (libzip-dev 1.7.3).
    "libzip": (["libzip"], []),
    # JSON documents: safetensors headers, config.json, result lines (nlohmann-json3-dev 3.11; headers only).
    "json": ([], []),
    # HMAC-SHA-256, by which ranks prove that they know the job's secret (libssl-dev 3.0).
    "openssl": (["libcrypto"], []),
    # Configuration messages (libprotobuf-dev 3.21.12).
    "protobuf": (["protobuf"], []),
    # Philox counter-based random numbers (librandom123-dev 1.14; headers only).
    "random123": ([], []),
    # Regular expressions over user input (libre2-dev 20220601).
    "re2": (["re2"], []),
    # Content hashes of files (libxxhash-dev 0.8.1; used header-only).
    "xxhash": ([], []),
    # Problems packed by gzip (zlib1g-dev 1.2.13).
    "zlib": (["zlib"], []),
    # Problems packed by Zstandard (libzstd-dev 1.5.4).
    "zstd": (["libzstd"], []),
}
