/* XpulpV2 on an emulated core without it: each packed instruction is an illegal one, and this
 * handler does what the core's manual says (CV32E40P user manual before version 1.3, chapter
 * "SIMD"; RI5CY's encodings). Part of an export's firmware that was linked with --wrap=main: the
 * instructions by themselves first, then the test vectors. */
#include "board.h"
#include "tnrt_xpulp.h"

int __real_main(void);
int __wrap_main(void);
void trap(void);
void emulate(uint32_t *x);

enum { ILLEGAL_INSTRUCTION = 2, KINDS = 4 };
static uint32_t counts[KINDS]; /* sdotsp, shuffle2, max, min */

#define READ_CSR(name, value)                                                                      \
    __asm volatile(".option push\n.option arch, +zicsr\ncsrr %0, " name "\n.option pop"            \
                   : "=r"(value))
#define WRITE_CSR(name, value)                                                                     \
    __asm volatile(".option push\n.option arch, +zicsr\ncsrw " name ", %0\n.option pop"            \
                   :                                                                               \
                   : "r"(value))

static void put_number(uint32_t value)
{
    char text[12];
    char *at = text + sizeof text - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    board_put(at);
}

static void give_up(const char *why, uint32_t word)
{
    board_put(why);
    put_number(word);
    board_put("\n");
    for (;;) /* the run's time limit ends it */
        ;
}

static int32_t byte_of(uint32_t word, uint32_t index)
{
    return (int8_t)(word >> (8 * index));
}

static uint32_t with_byte(uint32_t word, uint32_t index, int32_t value)
{
    return (word & ~(0xffu << (8 * index))) | (uint32_t)(value & 0xff) << (8 * index);
}

/* x[0] .. x[31]: the registers when the instruction trapped. */
__attribute__((used)) void emulate(uint32_t *x)
{
    uint32_t cause, pc, word, i;
    READ_CSR("mcause", cause);
    READ_CSR("mepc", pc);
    word = *(const uint16_t *)pc | (uint32_t) * (const uint16_t *)(pc + 2) << 16;
    if (cause != ILLEGAL_INSTRUCTION || (word & 0x7f) != 0x57 || (word >> 12 & 7) != 1)
        give_up("unexpected trap at instruction ", word);
    const uint32_t rd = word >> 7 & 31, a = x[word >> 15 & 31], b = x[word >> 20 & 31];
    uint32_t result = x[rd];
    for (i = 0; i < 4; i++) {
        const int32_t ai = byte_of(a, i), bi = byte_of(b, i);
        switch (word >> 27) { /* funct5 */
        case 0x17:            /* pv.sdotsp.b */
            result += (uint32_t)(ai * bi);
            counts[0] += i == 0;
            break;
        case 0x19: /* pv.shuffle2.b: bit 2 of a byte of rs2 chooses rs1, else the old rd */
            result = with_byte(result, i, byte_of(bi & 4 ? a : x[rd], (uint32_t)bi & 3));
            counts[1] += i == 0;
            break;
        case 0x06: /* pv.max.b */
            result = with_byte(result, i, ai > bi ? ai : bi);
            counts[2] += i == 0;
            break;
        case 0x04: /* pv.min.b */
            result = with_byte(result, i, ai < bi ? ai : bi);
            counts[3] += i == 0;
            break;
        default:
            give_up("unknown instruction ", word);
        }
    }
    if (rd != 0)
        x[rd] = result;
    WRITE_CSR("mepc", pc + 4);
}

#define EACH_REGISTER(X)                                                                           \
    X(1)                                                                                           \
    X(3)                                                                                           \
    X(4)                                                                                           \
    X(5)                                                                                           \
    X(6)                                                                                           \
    X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22)   \
        X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define SAVE(n) "sw x" #n ", 4*" #n "(sp)\n"
#define LOAD(n) "lw x" #n ", 4*" #n "(sp)\n"

__attribute__((naked, aligned(4))) void trap(void)
{
    __asm volatile("addi sp, sp, -128\nsw zero, 0(sp)\n" EACH_REGISTER(
        SAVE) "mv a0, sp\ncall emulate\n" EACH_REGISTER(LOAD) "addi sp, sp, 128\nmret");
}

/* A word that a disassembler of the vendor's printed as pv.sdotsp.b a5, t3, s0; never run. */
extern const uint32_t known_instruction;
__attribute__((naked, used)) static void hold_known_instruction(void)
{
    __asm volatile(".balign 4\nknown_instruction:\n.insn r " TNRT_XPULP_TEXT(
        TNRT_XPULP_OPCODE) ", " TNRT_XPULP_TEXT(TNRT_XPULP_FUNCT3) ", " TNRT_XPULP_TEXT(TNRT_SDOTSP_B) ", a5, t3, s0\nret");
}

/* Known answers with signs, ties, carries and wrapping sums. */
static int instructions_are_right(void)
{
    const uint32_t a = 0x807f01ffu, b = 0x7f80ff02u; /* -128 127 1 -1; 127 -128 -1 2 */
    static const uint8_t unaligned[7] = {0, 0x78, 0x56, 0x34, 0x12, 0, 0};
    return known_instruction == 0xb88e17d7u &&
           tnrt_sdotsp4(a, b, 10) == 10 - 128 * 127 - 127 * 128 - 1 - 2 &&
           tnrt_sdotsp4(0x80808080u, 0x80808080u, INT32_MAX) == INT32_MIN + 65535 &&
           tnrt_shuffle4(0x33221100u, 0x77665544u, 0x05010400u) == 0x55114400u &&
           tnrt_shuffle4(0x33221100u, 0x77665544u, 0x07030602u) == 0x77336622u &&
           tnrt_max4(a, b) == 0x7f7f0102u && tnrt_min4(a, b) == 0x8080ffffu &&
           tnrt_load4(unaligned + 1) == 0x12345678u;
}

int __wrap_main(void)
{
    static const char *const names[KINDS] = {"sdotsp", "shuffle2", "max", "min"};
    int right, i, status;
    WRITE_CSR("mtvec", trap);
    right = instructions_are_right();
    board_put(right ? "instructions right, " : "instructions WRONG, ");
    for (i = 0; i < KINDS; i++)
        counts[i] = 0;
    status = __real_main();
    board_put("traps");
    for (i = 0; i < KINDS; i++) {
        board_put(" ");
        board_put(names[i]);
        board_put(" ");
        put_number(counts[i]);
    }
    board_put("\n");
    return right ? status : 1;
}
