/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as what a provider's child leaves in the memory that it shares with the harness.
 * The input is
 *
 *     the harness's own call, 8 bytes | the call's slot in the exchange | what the fault trap recorded
 *
 * Whatever the child says, an observation has no more bytes than the call's buffer, its texts end, and
 * it can be described.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "provider_answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALL_SIZE = 8, PAYLOAD_SIZE = 4096 };

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_bool(const bool *question)
{
    unsigned char byte;

    memcpy(&byte, question, 1);
    need(byte <= 1);
}

static void check_fault(const struct provider_fault *fault)
{
    char text[PROVIDER_FAULT_TEXT];

    need(memchr(fault->name, 0, sizeof(fault->name)) &&
         memchr(fault->module, 0, sizeof(fault->module)));
    need(memchr(fault->symbol, 0, sizeof(fault->symbol)) &&
         memchr(fault->caller_symbol, 0, sizeof(fault->caller_symbol)));
    need(fault->candidate_count <= PROVIDER_CANDIDATES && fault->frame_count <= PROVIDER_FRAMES);
    check_bool(&fault->has_address);
    check_bool(&fault->is_left_over);
    provider_observation_fault_place(fault, text, sizeof(text));
    provider_observation_describe_fault(fault, text, sizeof(text));
}

/* The harness's own call: what the child cannot change. */
static struct provider_call call_of(const uint8_t *data)
{
    struct provider_call call = {
        .kind = (enum provider_call_kind)(data[0] % (PROVIDER_V2_FINDINGS + 1)),
        .thread = data[1] % PROVIDER_THREADS,
        .repeat = data[2],
        .buffer_size = (uint32_t)(data[3] | data[4] << 8) % (PAYLOAD_SIZE + 1),
    };

    if (data[5]) {
        call.size_step = data[5];
        call.least_size = call.buffer_size / 2;
    }
    return call;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exchange exchange;
    static unsigned char payload[PAYLOAD_SIZE];
    const struct child_process child = { .header = &exchange,
                                         .header_size = sizeof(exchange),
                                         .payload = payload,
                                         .payload_size = sizeof(payload) };
    const struct child_process_end end = { .by_signal = size & 1, .status = (uint32_t)size };
    struct provider_observation observation;
    struct fault_record record;

    if (size < CALL_SIZE)
        return 0;
    const struct provider_call call = call_of(data);
    const struct exchange_order order = { .call = call };
    memset(&exchange, 0, sizeof(exchange));
    data += CALL_SIZE;
    size -= CALL_SIZE;
    const size_t slot = size < sizeof(*exchange.slots) ? size : sizeof(*exchange.slots);
    memcpy((void *)&exchange.slots[call.thread], data, slot);
    size -= slot;
    atomic_store(&exchange.fault_count, size > 0);
    memcpy((void *)&exchange.fault, data + slot,
           size < sizeof(exchange.fault) ? size : sizeof(exchange.fault));

    if (provider_answer_read(&child, &call, &order, 1000, &observation) == ERROR_SUCCESS) {
        need((uint32_t)observation.outcome <= PROVIDER_GONE);
        need(observation.size <= call.buffer_size && observation.byte_count <= observation.size);
        need(observation.duration_100ns <= 1000);
        need(observation.repeated <= provider_request_count(&call));
        need(memchr(observation.detail, 0, sizeof(observation.detail)) != NULL);
        need(observation.byte_count == 0 || observation.bytes != NULL);
        check_fault(&observation.fault);
        provider_observation_release(&observation);
    }
    memset(&observation, 0, sizeof(observation));
    provider_answer_read_progress(&exchange, &call, &observation);
    need(observation.size <= call.buffer_size &&
         observation.repeated < provider_request_count(&call));
    /* Symbols are those of the provider's own library, which does not exist here. */
    bool has_record = provider_answer_read_fault(&exchange, "/nowhere/provider.so", &record);
    if (has_record)
        check_fault(&record.fault);
    provider_answer_explain_end(&observation, has_record ? &record : NULL, &end);
    check_fault(&observation.fault);
    return 0;
}
