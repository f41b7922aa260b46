# What rapt::io is, both in the build tree and for those who found the installed package.
function(rapt_configure_io target)
  target_link_libraries(${target} INTERFACE rapt::rapt nlohmann_json::nlohmann_json)
  if(TARGET ZLIB::ZLIB)
    target_link_libraries(${target} INTERFACE ZLIB::ZLIB)
    target_compile_definitions(${target} INTERFACE RAPT_HAS_ZLIB=1)
  endif()
endfunction()
