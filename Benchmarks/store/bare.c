/* What the store is held against: the same reads and the same disk, by C and nothing else.
 *
 *     bare reads DIRECTORY KEYS    a round for each line of input: every key of the file, each in a view of its own; prints
 *                                  reads a second. A line that begins with "s" has each value's seal checked too, one that begins
 *                                  with "v" has all read in one view, which sees no commit that comes meanwhile
 *     bare sync DIRECTORY SECONDS  one page written and forced to disk, over and over; prints how often a second
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

/* Larger than any record. */
static char buffer[1 << 24];

static void check(int code, const char *what) {
  if (code == 0) return;
  fprintf(stderr, "bare: %s: %s\n", what, mdb_strerror(code));
  exit(2);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

struct keys {
  size_t count;
  MDB_val *all;
};

/* Each key stands behind its count of octets, 16 bits, least first. */
static struct keys read_keys(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) check(2, path);
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file);
  rewind(file);
  unsigned char *octets = malloc(size);
  if (fread(octets, 1, size, file) != size) check(5, path);
  fclose(file);
  struct keys keys = {0, malloc(size / 3 * sizeof(MDB_val))};
  for (size_t place = 0; place < size;) {
    size_t length = octets[place] | octets[place + 1] << 8;
    keys.all[keys.count++] = (MDB_val){length, octets + place + 2};
    place += length + 2;
  }
  return keys;
}

static uint64_t load(const unsigned char *octets) {
  uint64_t number;
  memcpy(&number, octets, 8);
  return number;
}

/* The last eight octets of a value belong to the others and to the key. */
static int is_sealed(const MDB_val *key, const MDB_val *value) {
  if (value->mv_size < 8) return 0;
  size_t length = value->mv_size - 8;
  const unsigned char *octets = value->mv_data;
  return __builtin_bswap64(load(octets + length)) ==
         XXH3_64bits_withSeed(octets, length, XXH3_64bits_withSeed(key->mv_data, key->mv_size, 0));
}

static int reads(const char *directory, const char *path) {
  struct keys keys = read_keys(path);
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi records;
  check(mdb_env_create(&env), "create");
  check(mdb_env_set_maxdbs(env, 16), "databases");
  check(mdb_env_set_mapsize(env, (size_t)1 << 30), "map");
  check(mdb_env_open(env, directory, MDB_RDONLY | MDB_NOTLS, 0600), directory);
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "records", 0, &records), "records");
  check(mdb_txn_commit(txn), "commit");
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  mdb_txn_reset(txn);
  puts("ready");
  fflush(stdout);
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    uint64_t octets = 0;
    int is_one_view = line[0] == 'v';
    double start = now();
    if (is_one_view) check(mdb_txn_renew(txn), "renew");
    for (size_t index = 0; index < keys.count; index++) {
      MDB_val value;
      if (!is_one_view) check(mdb_txn_renew(txn), "renew");
      check(mdb_get(txn, records, &keys.all[index], &value), "get");
      if (value.mv_size > sizeof buffer) check(22, "a record");
      if (line[0] == 's' && !is_sealed(&keys.all[index], &value)) check(MDB_CORRUPTED, "a seal");
      memcpy(buffer, value.mv_data, value.mv_size);
      /* The copy is used, so that it is made. */
      __asm__ volatile("" : : "r"(buffer) : "memory");
      octets += value.mv_size;
      if (!is_one_view) mdb_txn_reset(txn);
    }
    if (is_one_view) mdb_txn_reset(txn);
    printf("%f\n", octets ? keys.count / (now() - start) : 0);
    fflush(stdout);
  }
  return 0;
}

static int synchronise(const char *directory, double seconds) {
  char path[4096];
  snprintf(path, sizeof path, "%s/sync", directory);
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) check(5, path);
  unlink(path);
  /* Written over in place, as LMDB's pages are. */
  for (int page = 0; page < 256; page++)
    if (pwrite(file, buffer, 4096, page * 4096) != 4096) check(5, path);
  fsync(file);
  size_t count = 0;
  double start = now();
  while (now() - start < seconds) {
    buffer[0]++;
    if (pwrite(file, buffer, 4096, count % 256 * 4096) != 4096 || fdatasync(file) != 0) check(5, path);
    count++;
  }
  printf("%.0f\n", count / (now() - start));
  return 0;
}

int main(int count, char **words) {
  if (count == 4 && strcmp(words[1], "reads") == 0) return reads(words[2], words[3]);
  if (count == 4 && strcmp(words[1], "sync") == 0) return synchronise(words[2], atof(words[3]));
  fputs("bare: reads DIRECTORY KEYS, or sync DIRECTORY SECONDS\n", stderr);
  return 2;
}
