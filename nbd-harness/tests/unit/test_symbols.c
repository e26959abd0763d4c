// SPDX-License-Identifier: GPL-2.0-only
/* Symbols from kallsyms text, and build ids among ELF notes, good and broken. */
#include "guest/symbols.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* A note with the name "GNU" or, if @other, "Linux", and four bytes of description. */
static void add_note(GByteArray *notes, gboolean other, guint type, guint desc_bytes)
{
	const char *name = other ? "Linux\0\0" : "GNU";
	Elf64_Nhdr note = { other ? 6 : 4, desc_bytes, type };

	g_byte_array_append(notes, (const guint8 *)&note, sizeof(note));
	g_byte_array_append(notes, (const guint8 *)name, other ? 8 : 4);
	g_byte_array_append(notes, (const guint8 *)"\x01\x23\xab\xff", 4);
}

static void test_build_id(void)
{
	g_autoptr(GByteArray) notes = g_byte_array_new();
	g_autofree char *id = NULL;

	add_note(notes, TRUE, 0x100, 4);
	add_note(notes, FALSE, NT_GNU_ABI_TAG, 4);
	add_note(notes, FALSE, NT_GNU_BUILD_ID, 4);
	id = symbols_notes_build_id(notes->data, notes->len);
	g_assert_cmpstr(id, ==, "0123abff");
}

static void test_build_id_broken(void)
{
	const guint sizes[] = { 5, 4096, G_MAXUINT32 - 1, G_MAXUINT32 };

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GByteArray) notes = g_byte_array_new();

		add_note(notes, FALSE, NT_GNU_BUILD_ID, sizes[i]);
		g_assert_null(symbols_notes_build_id(notes->data, notes->len));
	}
	for (guint cut = 0; cut < sizeof(Elf64_Nhdr) + 8; cut++) {
		g_autoptr(GByteArray) notes = g_byte_array_new();
		g_autofree guint8 *exact = NULL;

		/* A copy of just these bytes, so that reading beyond them is seen. */
		add_note(notes, FALSE, NT_GNU_BUILD_ID, 4);
		exact = g_memdup2(notes->data, cut);
		g_assert_null(symbols_notes_build_id(exact, cut));
	}
}

static void test_kallsyms(void)
{
	static const char text[] = "ffffffff81000000 T _text\n"
				   "ffffffff81000100 t twice\n"
				   "ffffffff81000200 t twice\n"
				   "ffffffff81000300 t function\n"
				   "ffffffff81000300 T __some_text_end\n"
				   "ffffffff82000000 D data\n"
				   "torn";
	g_autoptr(GError) error = NULL;
	struct symbols *s = symbols_from_kallsyms(text, strlen(text), &error);
	guint64 address;
	guint offset;

	g_assert_no_error(error);
	g_assert_cmphex(symbols_address(s, "twice"), ==, 0xffffffff81000100);
	g_assert_cmpstr(symbols_function(s, 0xffffffff81000104, &offset), ==, "twice");
	g_assert_cmpuint(offset, ==, 4);
	g_assert_cmpstr(symbols_function(s, 0xffffffff81000301, &offset), ==, "function");
	g_assert_null(symbols_function(s, 0xffffffff80000000, &offset));
	g_assert_cmpstr(symbols_at(s, 0xffffffff82000010, 16, &offset), ==, "data");
	g_assert_null(symbols_at(s, 0xffffffff82000011, 16, &offset));
	g_assert_false(symbols_need(s, "missing", &address, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	g_assert_null(symbols_build_id(s));
	symbols_free(s);
}

/* As the kernel's entry code: a function of assembly has a size but no type, a label neither. */
__asm__(".text\n"
	"test_symbols_asm: nop\n"
	"test_symbols_label: nop\n"
	".size test_symbols_asm, . - test_symbols_asm\n");

static void test_vmlinux(void)
{
	g_autoptr(GError) error = NULL;
	struct symbols *s = symbols_from_vmlinux("/proc/self/exe", &error);
	guint offset;

	g_assert_no_error(error);

	guint64 main_at = symbols_address(s, "main"),
		asm_at = symbols_address(s, "test_symbols_asm");

	g_assert_cmpstr(symbols_function(s, main_at + 1, &offset), ==, "main");
	g_assert_cmpuint(asm_at, !=, 0);
	g_assert_cmpstr(symbols_function(s, asm_at + 1, &offset), ==, "test_symbols_asm");
	g_assert_cmpuint(offset, ==, 1);
	symbols_free(s);
}

static void test_empty(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(symbols_from_kallsyms("", 0, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
}

/*
 * Newlines to the end of the text: an address begins in none of them.  A page
 * that may not be read follows, since ASan does not watch all of libc's parsers.
 */
static void test_blank_to_the_end(void)
{
	g_autoptr(GError) error = NULL;
	gsize page = getpagesize();
	char *text =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	g_assert_true(text != MAP_FAILED && !mprotect(text + page, page, PROT_NONE));
	memset(text, '\n', page);
	g_assert_null(symbols_from_kallsyms(text, page, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST);
	munmap(text, 2 * page);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/symbols/build-id", test_build_id);
	g_test_add_func("/symbols/build-id-broken", test_build_id_broken);
	g_test_add_func("/symbols/kallsyms", test_kallsyms);
	g_test_add_func("/symbols/vmlinux", test_vmlinux);
	g_test_add_func("/symbols/empty", test_empty);
	g_test_add_func("/symbols/blank-to-the-end", test_blank_to_the_end);
	return g_test_run();
}
